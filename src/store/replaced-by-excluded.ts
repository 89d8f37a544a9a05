import { type RawBuilder, sql } from "kysely";

/** For `on conflict do update set`: each of the columns takes the value that was to be inserted. */
export function replacedByExcluded<Column extends string>(
  columns: readonly Column[],
): Record<Column, RawBuilder<never>> {
  return Object.fromEntries(
    columns.map((column) => [column, sql.ref<never>(`excluded.${column}`)]),
  ) as Record<Column, RawBuilder<never>>;
}
