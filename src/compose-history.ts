import type { AgentProfile } from "./calls/agent-profile.ts";
import { CallHistories } from "./calls/call-histories.ts";
import type { HistoryAgent } from "./calls/call-history.ts";
import type { CallRegistry } from "./calls/call-registry.ts";
import type { StoredCall } from "./calls/call-store.ts";
import type { Config } from "./config/config.ts";
import { modelOf, type ProviderLists } from "./config/provider-lists.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Store } from "./store/open-store.ts";
import type { createLogger } from "./telemetry/logger.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import { Deliverer } from "./webhooks/deliverer.ts";
import { historyReceiver } from "./webhooks/history-receiver.ts";

/** What is told of each call at its end; undefined when nobody wants to know. */
export function composeHistories(
  config: Config,
  registry: CallRegistry,
  store: Store,
  profileNamed: (name: string) => AgentProfile,
  clock: Clock,
): CallHistories | undefined {
  if (config.callHistory.endpoint === undefined) return undefined;
  const agentOf = (call: StoredCall): HistoryAgent => agentIn(config, call, profileNamed(call.profile));
  return new CallHistories({ registry, store: store.calls, agentOf, clock });
}

/** Sends it; undefined when nobody wants it. */
export function composeDeliverer(
  config: Config,
  store: Store,
  owner: string,
  clock: Clock,
  metrics: Metrics,
  logger: ReturnType<typeof createLogger>,
): Deliverer | undefined {
  const { endpoint, ...receiver } = config.callHistory;
  if (endpoint === undefined) return undefined;
  return new Deliverer({
    deliveries: store.deliveries,
    attempt: historyReceiver({ ...receiver, endpoint, clock }),
    owner,
    clock,
    onTry: (outcome, id, problem) => {
      metrics.deliveries.inc({ outcome });
      if (outcome === "failed") logger.info({ delivery: id, problem }, "a delivery failed; trying again");
      if (outcome === "parked") logger.warn({ delivery: id, problem }, "a delivery was given up");
    },
    onError: (error) => logger.warn({ err: error }, "what is owed could not be looked up; trying again"),
  });
}

/** Who hears, thinks and speaks in such a call, by vendor and model. */
function agentIn({ providers }: Config, { media }: StoredCall, profile: AgentProfile): HistoryAgent {
  const first = (port: keyof ProviderLists): string => {
    const [entry] = providers[port];
    return entry === undefined ? "embedded" : [entry.vendor, modelOf(port, entry)].filter(Boolean).join("-");
  };
  const about = { businessType: profile.businessType ?? "general", language: profile.language };
  if (profile.mode === "speech-to-speech") {
    return { stt: "openai-realtime", llm: "openai-realtime", tts: "openai-realtime", ...about };
  }
  if (media === "gather") return { stt: "twilio", llm: first("llm"), tts: "twilio", ...about };
  return { stt: first("stt"), llm: first("llm"), tts: first("tts"), ...about };
}
