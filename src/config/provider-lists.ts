import type { EnvironmentReader } from "./environment-reader.ts";

export type SttProviderName = "embedded" | "deepgram";
export type LlmProviderName = "embedded" | "openai";
export type TtsProviderName = "embedded" | "elevenlabs";

export type SentimentProviderName = "embedded" | "openai";

/** Which providers serve each port, in failover order; at least one each. */
export interface ProviderLists {
  readonly stt: readonly SttProviderName[];
  readonly llm: readonly LlmProviderName[];
  readonly tts: readonly TtsProviderName[];
}

/** @param keys the vendors' keys, where they are set. */
export function readProviderLists(
  environment: EnvironmentReader,
  keys: Readonly<Record<"deepgram" | "openai" | "elevenlabs", string | undefined>>,
): ProviderLists {
  return {
    stt: providerList(environment, "STT_PROVIDER", {
      name: "deepgram",
      keyVariable: "DEEPGRAM_API_KEY",
      key: keys.deepgram,
    }),
    llm: providerList(environment, "LLM_PROVIDER", {
      name: "openai",
      keyVariable: "OPENAI_API_KEY",
      key: keys.openai,
    }),
    tts: providerList(environment, "TTS_PROVIDER", {
      name: "elevenlabs",
      keyVariable: "ELEVENLABS_API_KEY",
      key: keys.elevenlabs,
    }),
  };
}

/** `auto`, the default, is the language model when its key is set, else the embedded list of words. */
export function readSentimentProvider(
  environment: EnvironmentReader,
  openaiKey: string | undefined,
): SentimentProviderName {
  const name = environment.choice("SENTIMENT_PROVIDER", "auto", ["auto", "embedded", "openai"]);
  if (name === "openai" && openaiKey === undefined) {
    environment.problem(
      "SENTIMENT_PROVIDER",
      "is openai, but OPENAI_API_KEY is not set",
      "set OPENAI_API_KEY, or use auto or embedded",
    );
  }
  if (name !== "auto") return name;
  return openaiKey === undefined ? "embedded" : "openai";
}

interface Vendor<Name extends string> {
  readonly name: Name;
  /** The variable that holds the vendor's key, and its value. */
  readonly keyVariable: string;
  readonly key: string | undefined;
}

/** `auto`, the default, is the vendor when its key is set, else the embedded provider. */
function providerList<Name extends string>(
  environment: EnvironmentReader,
  variable: string,
  vendor: Vendor<Name>,
): readonly ("embedded" | Name)[] {
  const names = (environment.text(variable) ?? "auto").toLowerCase().split(",");
  const wanted = names.map((name) => name.trim()).filter((name) => name !== "");
  const known = `embedded, ${vendor.name}`;
  if (wanted.length === 1 && wanted[0] === "auto")
    return [vendor.key === undefined ? "embedded" : vendor.name];
  if (wanted.length === 0)
    environment.problem(variable, "names no provider", `use auto, or some of ${known}`);
  const list: ("embedded" | Name)[] = [];
  for (const name of wanted) {
    if (name !== "embedded" && name !== vendor.name) {
      environment.problem(
        variable,
        `has "${name}", which is not a provider here`,
        `use auto, or some of ${known}`,
      );
    } else if (list.includes(name as Name)) {
      environment.problem(variable, `has "${name}" twice`, "name each provider once, in failover order");
    } else {
      list.push(name as Name);
    }
  }
  if (list.includes(vendor.name) && vendor.key === undefined) {
    environment.problem(
      variable,
      `has "${vendor.name}", but ${vendor.keyVariable} is not set`,
      `set ${vendor.keyVariable}, or take ${vendor.name} out of ${variable}`,
    );
  }
  return list;
}
