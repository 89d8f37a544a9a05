/** A number's format at the edge of the product: `+` and 7 to 15 digits (E.164), as a pattern of JSON Schema. */
export const PHONE_NUMBER_PATTERN = "^\\+[0-9]{7,15}$";

const phoneNumber = new RegExp(PHONE_NUMBER_PATTERN);

export function isPhoneNumber(text: string): boolean {
  return phoneNumber.test(text);
}

/** The digits of a number, for names that cannot hold a `+`. */
export function digitsOf(number: string): string {
  return number.replace(/\D/g, "");
}
