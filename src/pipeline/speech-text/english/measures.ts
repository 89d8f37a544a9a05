import { decimal } from "./number-words.ts";
import { NUMBER, pattern, type Reading, TO } from "./reading.ts";

/** What stands for one and for many of a unit; one name where they are the same. */
const units: Readonly<Record<string, readonly [one: string, many?: string]>> = {
  km: ["kilometer", "kilometers"],
  m: ["meter", "meters"],
  cm: ["centimeter", "centimeters"],
  mm: ["millimeter", "millimeters"],
  mi: ["mile", "miles"],
  ft: ["foot", "feet"],
  yd: ["yard", "yards"],
  "sq ft": ["square foot", "square feet"],
  "m²": ["square meter", "square meters"],
  "m³": ["cubic meter", "cubic meters"],
  "km²": ["square kilometer", "square kilometers"],
  kg: ["kilogram", "kilograms"],
  g: ["gram", "grams"],
  mg: ["milligram", "milligrams"],
  lb: ["pound", "pounds"],
  lbs: ["pound", "pounds"],
  oz: ["ounce", "ounces"],
  l: ["liter", "liters"],
  L: ["liter", "liters"],
  ml: ["milliliter", "milliliters"],
  mL: ["milliliter", "milliliters"],
  kB: ["kilobyte", "kilobytes"],
  KB: ["kilobyte", "kilobytes"],
  MB: ["megabyte", "megabytes"],
  GB: ["gigabyte", "gigabytes"],
  TB: ["terabyte", "terabytes"],
  Mbps: ["megabit per second", "megabits per second"],
  Gbps: ["gigabit per second", "gigabits per second"],
  Hz: ["hertz"],
  kHz: ["kilohertz"],
  MHz: ["megahertz"],
  GHz: ["gigahertz"],
  W: ["watt", "watts"],
  kW: ["kilowatt", "kilowatts"],
  kWh: ["kilowatt hour", "kilowatt hours"],
  V: ["volt", "volts"],
  mAh: ["milliamp hour", "milliamp hours"],
  mph: ["mile per hour", "miles per hour"],
  "km/h": ["kilometer per hour", "kilometers per hour"],
  "m/s": ["meter per second", "meters per second"],
  h: ["hour", "hours"],
  hr: ["hour", "hours"],
  hrs: ["hour", "hours"],
  min: ["minute", "minutes"],
  mins: ["minute", "minutes"],
  s: ["second", "seconds"],
  sec: ["second", "seconds"],
  secs: ["second", "seconds"],
  ms: ["millisecond", "milliseconds"],
  yr: ["year", "years"],
  yrs: ["year", "years"],
  "°C": ["degree Celsius", "degrees Celsius"],
  "°F": ["degree Fahrenheit", "degrees Fahrenheit"],
  "°": ["degree", "degrees"],
  "%": ["percent"],
  k: ["thousand"],
  K: ["thousand"],
};

export const unitSymbols = Object.keys(units);

/** What one of each unit is called. */
export const oneOfUnit = Object.entries(units).map(([symbol, [one]]) => [symbol, one] as const);

/** Signs that need no letter boundary: "%", "°". */
const UNIT = unitSymbols
  .toSorted((a, b) => b.length - a.length)
  .map((symbol) => (/\p{L}$/u.test(symbol) ? String.raw`${symbol}(?!\p{L})` : symbol))
  .join("|");

/** Figures with a unit. A point that ends the unit's short form is taken with it. */
export const measures: readonly Reading[] = [
  // Height in feet and inches: 5'10".
  {
    pattern: pattern(String.raw`(\d)['′’](\d{1,2})["″”]`),
    say: ([, feet = "", inches = ""], variety) =>
      `${decimal(feet, variety)} foot ${decimal(inches, variety)}`,
  },
  {
    pattern: pattern(`(${NUMBER})(?:%|°)?`, TO, String.raw`(${NUMBER})\s?(${UNIT})(?:\.(?!\d))?`, "(?!\\d)"),
    say: ([, from = "", to = "", symbol = ""], variety) =>
      `${decimal(from, variety)} to ${decimal(to, variety)} ${unitName(to, symbol)}`,
  },
  {
    pattern: pattern(String.raw`(${NUMBER})\s?(${UNIT})(?:\.(?!\d))?`, "(?!\\d)"),
    say: ([, number = "", symbol = ""], variety) => `${decimal(number, variety)} ${unitName(number, symbol)}`,
  },
];

function unitName(number: string, symbol: string): string {
  const [one, many = one] = units[symbol] as readonly [string, string?];
  return /^0*1$/.test(number) ? one : many;
}
