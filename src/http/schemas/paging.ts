import { Type } from "typebox";

/** Which page of a list; `page` counts from 1. */
export function paging(pageSize: { readonly default: number; readonly most: number }) {
  return {
    page: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 }),
    page_size: Type.Integer({ minimum: 1, maximum: pageSize.most, default: pageSize.default }),
  };
}

/** The items to skip, and how many to give. */
export function offsetOf(query: { readonly page: number; readonly page_size: number }) {
  return { offset: (query.page - 1) * query.page_size, limit: query.page_size };
}
