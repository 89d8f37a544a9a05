/** Earshot as `src/main.ts` starts it, but its agent does not run ahead: for `npm run bench -- speculation`. */
import { defaultTurnTaking } from "../src/calls/agent-profile.ts";
import { startEarshot } from "../src/compose.ts";
import { loadConfig } from "../src/config/config.ts";

const config = loadConfig(process.env);
const turnTaking = { ...defaultTurnTaking, speculation: false };
const earshot = await startEarshot({ ...config, agent: Object.assign({ turnTaking }, config.agent) });
earshot.logger.info({ url: earshot.url }, "ready");
process.once("SIGINT", () => void earshot.close("shutdown"));
