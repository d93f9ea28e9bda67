// Makes every call of Akismet's three clients for Node against one service, and prints what each made of it as JSON.
// node clients.mjs PORT KEY   with node_modules beside this file; names under mod.test lead to 127.0.0.1.
import dns from "node:dns";

dns.lookup = (host, options, callback = options) =>
  options.all ? callback(null, [{ address: "127.0.0.1", family: 4 }]) : callback(null, "127.0.0.1", 4);

const { Author, Blog, Client, Comment } = await import("@cedx/akismet");
const { default: akismet } = await import("akismet");
const { default: akismetApi } = await import("akismet-api");

const [port, key] = process.argv.slice(2);
const blog = "https://news.example/";
const texts = JSON.parse(process.env.TEXTS);
const found = {};

async function tried(name, call) {
  try {
    found[name] = (await call()) ?? null;
  } catch (error) {
    found[name] = "threw";
  }
}

const api = (key) => new akismetApi.AkismetClient({ key, blog, protocol: "http", host: `mod.test:${port}` });
const fields = (name) => ({ ip: "203.0.113.8", useragent: "Mozilla", content: texts[name], name: "Ann", permalink: `https://news.example/${name}` });
for (const [label, client] of [["good", api(key)], ["bad", api("wrongwrong00")]]) {
  await tried(`akismet-api ${label} verify`, () => client.verifyKey());
  for (const name of Object.keys(texts)) await tried(`akismet-api ${label} ${name}`, () => client.checkSpam(fields(name)));
  await tried(`akismet-api ${label} spam`, async () => (await client.submitSpam(fields("ham"))).text);
  await tried(`akismet-api ${label} ham`, async () => (await client.submitHam(fields("spam"))).text);
}
await tried("akismet-api role", () => api(key).checkSpam({ ...fields("spam"), role: "administrator" }));

const cedx = (key) => new Client(key, new Blog({ url: blog, charset: "utf-8", languages: ["en"] }), { baseUrl: `http://mod.test:${port}` });
const comment = (name) =>
  new Comment({
    author: new Author({ ipAddress: "203.0.113.9", name: "Ann", email: "ann@example.com", userAgent: "Mozilla" }),
    content: texts[name], context: ["a", "b"], date: new Date("2026-11-25T10:00:00Z"), permalink: `https://news.example/c/${name}`, type: "comment",
  });
for (const [label, client] of [["good", cedx(key)], ["bad", cedx("wrongwrong00")]]) {
  await tried(`cedx ${label} verify`, () => client.verifyKey());
  for (const name of Object.keys(texts)) await tried(`cedx ${label} ${name}`, () => client.checkComment(comment(name)));
  await tried(`cedx ${label} spam`, () => client.submitSpam(comment("ham")));
  await tried(`cedx ${label} ham`, () => client.submitHam(comment("spam")));
}

const old = (apiKey) => akismet.client({ apiKey, blog, host: "mod.test", port });
const called = (client, method, ...args) =>
  new Promise((resolve, reject) => client[method](...args, (error, value) => (error ? reject(error) : resolve(value))));
for (const [label, client] of [["good", old(key)], ["bad", old("wrongwrong00")]]) {
  await tried(`akismet ${label} verify`, () => called(client, "verifyKey"));
  for (const name of Object.keys(texts))
    await tried(`akismet ${label} ${name}`, () => called(client, "checkComment", { user_ip: "203.0.113.10", comment_content: texts[name] }));
  await tried(`akismet ${label} spam`, () => called(client, "submitSpam", { user_ip: "203.0.113.10", comment_content: texts.ham }));
}
console.log(JSON.stringify(found));
