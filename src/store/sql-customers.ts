import type { Customer, Customers } from "../calls/customers.ts";
import { GatewayError } from "../runtime/errors.ts";
import { takeNumbers } from "./sequences.ts";
import type { StoreDatabase } from "./store-database.ts";

export class SqlCustomers implements Customers {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  add({ name, phone, number, metadata }: Omit<Customer, "id">): Promise<Customer> {
    return this.#database.transact(async (transaction) => {
      const id = await takeNumbers(transaction, "customer", 1);
      const added = await transaction
        .insertInto("customers")
        .values({ id, name, phone, number, metadata: JSON.stringify(metadata) })
        .onConflict((conflict) => conflict.column("number").doNothing())
        .returning(["id", "name", "phone", "number", "metadata"])
        .executeTakeFirst();
      if (added === undefined) throw new GatewayError("CONFLICT", "The customer number is taken");
      return toCustomer(added);
    });
  }

  async find(id: number): Promise<Customer | undefined> {
    const row = await this.#customers.where("id", "=", id).executeTakeFirst();
    return row && toCustomer(row);
  }

  async byPhone(phone: string): Promise<readonly Customer[]> {
    const rows = await this.#customers.where("phone", "=", phone).orderBy("id").execute();
    return rows.map(toCustomer);
  }

  async byNumber(number: string): Promise<Customer | undefined> {
    const row = await this.#customers.where("number", "=", number).executeTakeFirst();
    return row && toCustomer(row);
  }

  get #customers() {
    return this.#database.kysely
      .selectFrom("customers")
      .select(["id", "name", "phone", "number", "metadata"]);
  }
}

function toCustomer(row: Omit<Customer, "metadata"> & { readonly metadata: string }): Customer {
  return { ...row, metadata: JSON.parse(row.metadata) as Customer["metadata"] };
}
