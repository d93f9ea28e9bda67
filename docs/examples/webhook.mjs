// Takes webhooks: 204 for what is signed, 400 for what is not. Node 18 or newer, no packages.
// MODERATION_WEBHOOK_SECRET=whsec_… PORT=8090 node webhook.mjs
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

function verified(secret, headers, body) {
  const { "webhook-id": id, "webhook-timestamp": sent, "webhook-signature": signatures } = headers;
  if (!id || !/^\d+$/.test(sent ?? "") || Math.abs(Date.now() / 1000 - Number(sent)) > 300) return null;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const wanted = createHmac("sha256", key).update(`${id}.${sent}.`).update(body).digest();
  const fits = (signatures ?? "").split(" ").some((one) => {
    const given = Buffer.from(one.replace(/^v1,/, ""), "base64");
    return one.startsWith("v1,") && given.length === wanted.length && timingSafeEqual(given, wanted);
  });
  return fits ? { id, ...JSON.parse(body) } : null;
}

createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const delivery = verified(process.env.MODERATION_WEBHOOK_SECRET, request.headers, Buffer.concat(parts));
  if (delivery) console.log(delivery.type, delivery.data?.comment_id); // the same delivery.id may come twice: act on it once
  response.writeHead(delivery ? 204 : 400).end();
}).listen(Number(process.env.PORT), "127.0.0.1");
