// Posts a comment and prints its status. Node 18 or newer, no packages.
// MODERATION_URL=https://mod.example.org MODERATION_SITE=gazette MODERATION_KEY=mod_site_… node post.mjs "the text"
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

async function post(comment, attempts = 4) {
  const { MODERATION_URL, MODERATION_SITE, MODERATION_KEY } = process.env;
  const url = `${MODERATION_URL}/v1/sites/${encodeURIComponent(MODERATION_SITE)}/comments`;
  const body = JSON.stringify({ id: randomUUID(), ...comment }); // the id is known before: sending it twice stores it once
  for (let attempt = 1; ; attempt++) {
    let failure;
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { Authorization: `Bearer ${MODERATION_KEY}`, "Content-Type": "application/json", Prefer: "wait=5" },
        body,
        redirect: "error",
        signal: AbortSignal.timeout(20_000),
      });
      if (answer.ok) return await answer.json();
      failure = new Error(`the moderation service answered ${answer.status}: ${await answer.text()}`);
      if (answer.status < 500 && answer.status !== 429 && answer.status !== 408) throw Object.assign(failure, { final: true });
    } catch (error) {
      failure = error;
    }
    if (failure.final || attempt >= attempts) throw failure;
    await pause((125 + Math.random() * 125) * 2 ** (attempt - 1));
  }
}

try {
  const comment = await post({ text: process.argv[2], author: { id: "u-77", name: "Ann" }, article: { id: "a-9" } });
  console.log(comment.status);
} catch (failure) {
  console.error(failure.message);
  process.exit(1);
}
