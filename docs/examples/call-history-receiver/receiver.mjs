// Takes Earshot's call-history deliveries and appends each call, once, to a file of JSON lines.
//
//   JWT_SECRET=… node docs/examples/call-history-receiver/receiver.mjs
//
// PORT (default 8090), HOST (127.0.0.1) and FILE (./call-history.jsonl) can be set. Needs Node 20 and the package jose.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import { jwtVerify } from "jose";

const { PORT = "8090", HOST = "127.0.0.1", FILE = "call-history.jsonl", JWT_SECRET } = process.env;
const LONGEST_BODY = 1024 * 1024;

// A delivery may come more than once, always with the same key: what has been stored is not stored again.
const stored = new Set();
if (existsSync(FILE)) {
  const text = readFileSync(FILE, "utf8");
  for (const line of text.slice(0, text.lastIndexOf("\n") + 1).split("\n")) {
    if (line.startsWith("{")) stored.add(JSON.parse(line).key);
  }
}
const file = openSync(FILE, "a");

const server = createServer((request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  take(request).then(
    (outcome) => answer(200, { success: true, outcome }),
    (error) => answer(error.status ?? 500, { success: false, error: error.message }),
  );
});

async function take(request) {
  if (request.method !== "POST" || request.url !== "/calls")
    throw refusal(404, "POST /calls is all there is");
  const body = await read(request);
  let call;
  try {
    call = JSON.parse(body);
  } catch (cause) {
    throw refusal(400, "The body is not JSON", cause);
  }
  await verify(request.headers.authorization, call);
  const key = request.headers["idempotency-key"];
  if (typeof key !== "string") throw refusal(400, "Idempotency-Key is missing");
  if (stored.has(key)) return "known";
  // On the disk before the answer: what is answered with 200 is never sent again.
  writeSync(file, `${JSON.stringify({ key, call })}\n`);
  fsyncSync(file);
  stored.add(key);
  return "stored";
}

/** The token must be signed with our secret, not have expired, and be about this very call. */
async function verify(authorization, call) {
  if (JWT_SECRET === undefined) return;
  const token = /^Bearer (.+)$/.exec(authorization ?? "")?.[1];
  if (token === undefined) throw refusal(401, "The token is missing");
  const { payload } = await jwtVerify(token, new TextEncoder().encode(JWT_SECRET), {
    algorithms: ["HS256"],
    requiredClaims: ["phone_number", "timestamp", "iat", "exp", "jti"],
    clockTolerance: 30,
  }).catch((cause) => {
    throw refusal(401, "The token is not valid", cause);
  });
  if (payload.phone_number !== call.phone_number || payload.timestamp !== call.end_time) {
    throw refusal(401, "The token is about another call");
  }
}

async function read(request) {
  let body = "";
  request.setEncoding("utf8");
  for await (const chunk of request) {
    body += chunk;
    if (body.length > LONGEST_BODY) throw refusal(413, "The body is too large");
  }
  return body;
}

/** Earshot gives a delivery up at once after a 4xx, and tries again after a 5xx. */
function refusal(status, message, cause) {
  return Object.assign(new Error(message, { cause }), { status });
}

server.listen(Number(PORT), HOST, () => {
  console.log(`receiving on http://${HOST}:${server.address().port}/calls, into ${FILE}`);
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    server.close(() => closeSync(file));
    server.closeAllConnections();
  });
}
