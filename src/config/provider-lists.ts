import type { EnvironmentReader } from "./environment-reader.ts";
import {
  isAmbiguousLabel,
  readSettings,
  type VendorConfigs,
  type VendorName,
  vendorVariable,
} from "./vendors.ts";

/** A vendor of a list, with its settings. */
export type VendorEntry<Vendor extends VendorName> = {
  readonly [Name in Vendor]: {
    /** As it stands in the list, `openai` or `openai:backup`; unique within it. The provider's name everywhere. */
    readonly name: string;
    readonly vendor: Name;
    readonly label?: string;
    readonly settings: VendorConfigs[Name];
  };
}[Vendor];

/** What needs no account and no settings. */
export interface EmbeddedEntry {
  readonly name: "embedded";
  readonly vendor: "embedded";
}

export type ProviderEntry<Vendor extends VendorName = VendorName> = EmbeddedEntry | VendorEntry<Vendor>;

/** Who can serve each port. */
const STT_VENDORS = ["deepgram", "openai"] as const;
const LLM_VENDORS = ["openai"] as const;
const TTS_VENDORS = ["elevenlabs", "deepgram"] as const;

type SttVendor = (typeof STT_VENDORS)[number];

export type SttEntry = ProviderEntry<SttVendor>;
export type LlmEntry = ProviderEntry<(typeof LLM_VENDORS)[number]>;
export type TtsEntry = ProviderEntry<(typeof TTS_VENDORS)[number]>;

export type SentimentProviderName = "embedded" | "openai";

/** Who serves each port, in failover order; at least one each. */
export interface ProviderLists {
  readonly stt: readonly SttEntry[];
  readonly llm: readonly LlmEntry[];
  readonly tts: readonly TtsEntry[];
}

export function readProviderLists(environment: EnvironmentReader, vendors: VendorConfigs): ProviderLists {
  const { deepgram, openai, elevenlabs } = vendors;
  const whisper = environment.flag("USE_WHISPER", false);
  const llm = new ProviderList(environment, "LLM_PROVIDER", LLM_VENDORS, vendors);
  const tts = new ProviderList(environment, "TTS_PROVIDER", TTS_VENDORS, vendors);
  return {
    stt: whisper
      ? sttWithWhisper(environment, vendors)
      : sttList(environment, vendors).read(deepgram.apiKey && "deepgram"),
    llm: llm.read(openai.apiKey && "openai"),
    tts: tts.read(elevenlabs.apiKey && "elevenlabs"),
  };
}

/** The names in a list, for logs. */
export function namesOf(lists: ProviderLists): Readonly<Record<keyof ProviderLists, readonly string[]>> {
  const names = (list: readonly ProviderEntry[]): readonly string[] => list.map(({ name }) => name);
  return { stt: names(lists.stt), llm: names(lists.llm), tts: names(lists.tts) };
}

/** The model that an entry is configured with for a port; undefined: the provider's default. */
export function modelOf(port: keyof ProviderLists, entry: ProviderEntry): string | undefined {
  switch (entry.vendor) {
    case "embedded":
      return undefined;
    case "deepgram":
      return port === "tts" ? entry.settings.voiceModel : entry.settings.model;
    case "openai":
      return port === "stt" ? entry.settings.transcriptionModel : entry.settings.model;
    case "elevenlabs":
      return entry.settings.model;
    default:
      return entry satisfies never;
  }
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

function sttList(environment: EnvironmentReader, vendors: VendorConfigs): ProviderList<SttVendor> {
  return new ProviderList(environment, "STT_PROVIDER", STT_VENDORS, vendors);
}

/** `USE_WHISPER` makes OpenAI the automatic choice; a list of one's own must agree with it. */
function sttWithWhisper(environment: EnvironmentReader, vendors: VendorConfigs): readonly SttEntry[] {
  const list = sttList(environment, vendors);
  const entries = list.read("openai", list.automatic ? "USE_WHISPER" : undefined);
  if (!entries.some(({ vendor }) => vendor === "openai")) {
    environment.problem(
      "USE_WHISPER",
      "is true, but STT_PROVIDER does not name openai",
      "unset one of them, or put openai into STT_PROVIDER",
    );
  }
  return entries;
}

/** One port's list: `auto`, or `vendor` and `vendor:label` in failover order. */
class ProviderList<Vendor extends VendorName> {
  readonly #environment: EnvironmentReader;
  readonly #variable: string;
  readonly #vendors: readonly Vendor[];
  readonly #settings: VendorConfigs;
  readonly #wanted: readonly string[];

  /** @param vendors who can serve this port. */
  constructor(
    environment: EnvironmentReader,
    variable: string,
    vendors: readonly Vendor[],
    settings: VendorConfigs,
  ) {
    this.#environment = environment;
    this.#variable = variable;
    this.#vendors = vendors;
    this.#settings = settings;
    const names = (environment.text(variable) ?? "auto").toLowerCase().split(",");
    this.#wanted = names.map((name) => name.trim()).filter((name) => name !== "");
  }

  get automatic(): boolean {
    return this.#wanted.length === 1 && this.#wanted[0] === "auto";
  }

  /**
   * @param automatic whom `auto` means; nobody: the embedded provider.
   * @param asked the variable to complain of when the key of that one is missing.
   */
  read(automatic: Vendor | "" | undefined, asked = this.#variable): readonly ProviderEntry<Vendor>[] {
    if (this.automatic)
      return [this.#entry(automatic || "embedded", asked)].filter((entry) => entry !== undefined);
    if (this.#wanted.length === 0)
      this.#environment.problem(this.#variable, "names no provider", `use auto, or some of ${this.#known}`);
    const list: ProviderEntry<Vendor>[] = [];
    for (const name of this.#wanted) {
      if (list.some((entry) => entry.name === name)) {
        this.#environment.problem(
          this.#variable,
          `has "${name}" twice`,
          "name each provider once, in failover order; a label makes another of it, such as openai:backup",
        );
        continue;
      }
      const entry = this.#entry(name, asked);
      if (entry !== undefined) list.push(entry);
    }
    return list;
  }

  get #known(): string {
    return ["embedded", ...this.#vendors].join(", ");
  }

  #entry(name: string, asked: string): ProviderEntry<Vendor> | undefined {
    if (name === "embedded") return { name, vendor: name };
    const [, word, label] = /^([^:]*)(?::(.*))?$/.exec(name) ?? [];
    const vendor = this.#vendors.find((candidate) => candidate === word);
    if (vendor === undefined) {
      this.#environment.problem(
        this.#variable,
        `has "${name}", which is not a provider here`,
        `use auto, or some of ${this.#known}`,
      );
      return undefined;
    }
    return label === undefined ? this.#unlabelled(vendor, asked) : this.#labelled(vendor, label, name);
  }

  #unlabelled(vendor: Vendor, asked: string): ProviderEntry<Vendor> {
    const settings = this.#settings[vendor];
    const keyVariable = vendorVariable(vendor, "API_KEY");
    if (settings.apiKey === undefined) {
      const wrong = asked === this.#variable ? `has "${vendor}"` : "is true";
      const remedy = asked === this.#variable ? `take ${vendor} out of ${asked}` : `unset ${asked}`;
      this.#environment.problem(
        asked,
        `${wrong}, but ${keyVariable} is not set`,
        `set ${keyVariable}, or ${remedy}`,
      );
    }
    return { name: vendor, vendor, settings } as VendorEntry<Vendor>;
  }

  #labelled(vendor: Vendor, label: string, name: string): ProviderEntry<Vendor> | undefined {
    if (!/^[a-z0-9-]{1,20}$/.test(label)) {
      this.#environment.problem(
        this.#variable,
        `has "${name}", whose label is not one`,
        "make it of 1 to 20 letters, digits and hyphens, such as openai:backup",
      );
      return undefined;
    }
    if (isAmbiguousLabel(vendor, label)) {
      this.#environment.problem(
        this.#variable,
        `has "${name}", whose ${vendorVariable(vendor, "MODEL", label)} means something else already`,
        "choose another label",
      );
      return undefined;
    }
    const settings = readSettings(this.#environment, vendor, label, this.#settings[vendor]);
    if (settings.apiKey === undefined) {
      const own = vendorVariable(vendor, "API_KEY", label);
      this.#environment.problem(
        this.#variable,
        `has "${name}", but neither ${own} nor ${vendorVariable(vendor, "API_KEY")} is set`,
        `set ${own}, or take ${name} out of ${this.#variable}`,
      );
    }
    return { name, vendor, label, settings } as VendorEntry<Vendor>;
  }
}
