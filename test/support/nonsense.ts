/** Numbers in [0, 1), the same in every run. */
export type Random = () => number;

/** mulberry32: small, and good enough to choose what to break. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

const scalars: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  -1e-308,
  2 ** 53,
  "",
  " ",
  "+1234567890",
  "+",
  "call_1",
  "call_99999999999999999999",
  "\u0000",
  "\ud800",
  "𝕏",
  "../../etc/passwd",
  "'; drop table calls; --",
  "{{7*7}}",
  "<Response/>",
  "__proto__",
  "constructor",
  "A".repeat(5_000),
  "NaN",
  "2025-02-30T25:61:61Z",
];

const keys = [
  "phone",
  "to_number",
  "from_number",
  "call_id",
  "transcript",
  "metadata",
  "calls",
  "delay_seconds",
  "customer_id",
  "calling_hours",
  "text",
  "event",
  "streamSid",
  "media",
  "payload",
  "__proto__",
  "constructor",
  "toString",
  "",
];

/** Any JSON value, of bounded depth; keys are often those that something looks at. */
export function anyValue(random: Random, depth = 3): unknown {
  const kind = random();
  if (depth === 0 || kind < 0.5) return pick(random, scalars);
  const size = Math.floor(random() * 5);
  if (kind < 0.7) return Array.from({ length: size }, () => anyValue(random, depth - 1));
  return Object.fromEntries(
    Array.from({ length: size }, () => [pick(random, keys), anyValue(random, depth - 1)]),
  );
}

/** The text with something cut out, doubled, or replaced. */
export function spoilt(random: Random, text: string): string {
  const from = Math.floor(random() * text.length);
  const to = Math.min(text.length, from + Math.floor(random() * 20));
  const kind = random();
  if (kind < 0.3) return text.slice(0, from) + text.slice(to);
  if (kind < 0.5) return text.slice(0, from);
  if (kind < 0.7) return text.slice(0, to) + text.slice(from);
  return (
    text.slice(0, from) +
    pick(random, ['"', "{", "]", "\u0000", "\\", "-", "9".repeat(40), "\n"]) +
    text.slice(to)
  );
}
