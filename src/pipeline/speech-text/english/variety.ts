/** In what the Englishes differ when numbers are read aloud. */
export interface Variety {
  /** "one hundred and five" rather than "one hundred five". */
  readonly and: boolean;
  /** 3/4/2026 is the third of April rather than March fourth. */
  readonly dayFirst: boolean;
}
