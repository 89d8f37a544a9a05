import type { JsonObject } from "../runtime/json.ts";

/** Somebody who calls, or is called. */
export interface Customer {
  readonly id: number;
  readonly name: string;
  /** E.164. */
  readonly phone: string | null;
  /** The customer number that people say or key in. */
  readonly number: string | null;
  readonly metadata: JsonObject;
}

/** Port: keeps the customers. */
export interface Customers {
  /** Makes a new one; the id is the store's. Throws `CONFLICT` when the customer number is taken. */
  add(customer: Omit<Customer, "id">): Promise<Customer>;
  find(id: number): Promise<Customer | undefined>;
  /** Those with this phone, by rising id. */
  byPhone(phone: string): Promise<readonly Customer[]>;
  byNumber(number: string): Promise<Customer | undefined>;
}
