import { parentPort } from "node:worker_threads";
import { RecogniserEngine } from "./recogniser-engine.ts";
import { type RecogniserOrder, RecogniserSessions } from "./recogniser-sessions.ts";

const port = parentPort;
if (port === null) throw new Error("recogniser-worker runs as a worker thread only");

const engine = await RecogniserEngine.load();
const sessions = new RecogniserSessions(engine, (reply) => port.postMessage(reply));
port.on("message", (order: RecogniserOrder) => sessions.handle(order));
