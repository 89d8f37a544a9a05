type MaybeAbsent<T> = { [Key in keyof T]: undefined extends T[Key] ? Key : never }[keyof T];

/** The type with `x: T | undefined` turned into `x?: T`. */
export type Given<T> = { [Key in Exclude<keyof T, MaybeAbsent<T>>]: T[Key] } & {
  [Key in MaybeAbsent<T>]?: Exclude<T[Key], undefined>;
};

/** The object without its undefined properties, as `exactOptionalPropertyTypes` wants optional ones. */
export function given<T extends object>(object: T): Given<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Given<T>;
}

/** Freezes plain objects and arrays all the way down, and returns them. */
export function deepFreeze<T extends object>(object: T): T {
  for (const value of Object.values(object)) {
    if (typeof value === "object" && value !== null) deepFreeze(value);
  }
  return Object.freeze(object);
}
