import { agentProfile } from "./calls/agent-profile.ts";
import { defaultOverload } from "./calls/overload-policy.ts";
import type { ServiceRequests } from "./calls/service-requests.ts";
import type { TransferDesk } from "./calls/transfer-desk.ts";
import { AgentProfiles, readAgentProfiles } from "./config/agent-profiles.ts";
import type { Config } from "./config/config.ts";
import {
  collectDigitsTool,
  endCallTool,
  sendDigitsTool,
  serviceRequestTool,
  transferTool,
} from "./pipeline/built-in-tools.ts";
import type { Tool } from "./pipeline/tools.ts";
import { GatewayError } from "./runtime/errors.ts";

/** What the agents can do besides speaking. */
export function composeTools(requests: ServiceRequests, desk: TransferDesk | undefined): readonly Tool[] {
  return [
    endCallTool,
    collectDigitsTool,
    sendDigitsTool,
    serviceRequestTool(requests),
    ...(desk === undefined ? [] : [transferTool(desk)]),
  ];
}

/** Names of the tools there will be, known before there is a store: a profile that names another is a mistake. */
function toolNames(desk: TransferDesk | undefined): readonly string[] {
  const nowhere: ServiceRequests = {
    keep: () => Promise.reject(new GatewayError("INTERNAL", "There is no store yet.")),
    ofCall: async () => [],
  };
  return composeTools(nowhere, desk).map(({ name }) => name);
}

/** The agents of the configuration. Throws `CONFIG_INVALID`, with one line for each mistake. */
export function composeAgents(config: Config, desk: TransferDesk | undefined): AgentProfiles {
  const defaults = agentProfile({
    ...config.agent,
    overload: { ...defaultOverload, offer: config.overload.offer },
  });
  if (config.agentProfiles === undefined) return new AgentProfiles(defaults);
  return readAgentProfiles(config.agentProfiles, { defaults, knownTools: toolNames(desk) });
}

/** Throws `CONFIG_INVALID` when a profile needs the model that hears and speaks itself, and there is none. */
export function checkSpeechToSpeech(config: Config, agents: AgentProfiles, available: boolean): void {
  const spoken = agents.all.find(({ profile }) => profile.mode === "speech-to-speech");
  if (spoken === undefined || available) return;
  throw new GatewayError(
    "CONFIG_INVALID",
    `${config.agentProfiles}: profile "${spoken.profile.name}": mode is speech-to-speech, but OPENAI_API_KEY is not set: ` +
      "set it, or make the mode cascade.",
  );
}
