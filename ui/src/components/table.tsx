import { useVirtualizer } from "@tanstack/react-virtual";
import clsx from "clsx";
import { ArrowDown, ArrowUp, ChevronLeft, ChevronRight } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { Button } from "./button";

export interface Column<Row> {
  key: string;
  header: ReactNode;
  cell: (row: Row) => ReactNode;
  /** The server can sort by it. */
  sortable?: boolean;
  align?: "right";
  /** Left out where the page is narrow. */
  wide?: boolean;
  width?: string;
}

export interface Sort {
  by: string;
  descending: boolean;
}

interface Props<Row> {
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  label: string;
  empty: ReactNode;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  /** More rows than fit are drawn as they are scrolled to, in a box of this height. */
  height?: number;
}

const ROW = 40;

/** Rows that the server has filtered and sorted. */
export function Table<Row>({ columns, rows, rowKey, label, empty, sort, onSort, height }: Props<Row>) {
  const box = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: height ? rows.length : 0,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  if (!rows.length) return <>{empty}</>;
  const items = virtual.getVirtualItems();
  const before = height ? (items[0]?.start ?? 0) : 0;
  const after = height ? virtual.getTotalSize() - (items.at(-1)?.end ?? 0) : 0;
  const shown = height ? items.map((item) => rows[item.index] as Row) : rows;
  return (
    <section
      ref={box}
      className="overflow-auto"
      style={height ? { maxHeight: height } : undefined}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label={label}
    >
      <table className="w-full border-collapse text-left" aria-label={label}>
        <thead className="sticky top-0 z-10 bg-panel">
          <tr className="border-b border-line">
            {columns.map((column) => (
              <Header key={column.key} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr style={{ height: before }} aria-hidden />}
          {shown.map((row) => (
            <tr
              key={rowKey(row)}
              className="border-b border-line last:border-0 hover:bg-sunken"
              style={{ height: ROW }}
            >
              {columns.map((column) => (
                <td
                  key={column.key}
                  className={clsx(
                    "max-w-96 truncate px-3 py-1.5",
                    column.align === "right" && "text-right tabular-nums",
                    column.wide && "hidden lg:table-cell",
                  )}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {after > 0 && <tr style={{ height: after }} aria-hidden />}
        </tbody>
      </table>
    </section>
  );
}

function Header<Row>({
  column,
  sort,
  onSort,
}: {
  column: Column<Row>;
  sort: Sort | undefined;
  onSort: ((sort: Sort) => void) | undefined;
}) {
  const sorted = sort?.by === column.key;
  const Arrow = sort?.descending ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      style={{ width: column.width }}
      className={clsx(
        "px-3 py-2 text-xs font-medium whitespace-nowrap text-muted",
        column.align === "right" && "text-right",
        column.wide && "hidden lg:table-cell",
      )}
      {...(sorted ? { "aria-sort": sort.descending ? "descending" : "ascending" } : {})}
    >
      {column.sortable && onSort ? (
        <button
          type="button"
          className="inline-flex items-center gap-1 hover:text-ink"
          onClick={() => onSort({ by: column.key, descending: sorted ? !sort.descending : false })}
        >
          {column.header}
          {sorted && <Arrow className="size-3" aria-hidden />}
        </button>
      ) : (
        column.header
      )}
    </th>
  );
}

/** Back and forth through pages of `size` rows; `total` where it is known. */
export function Pager({
  page,
  size,
  count,
  total,
  onPage,
}: {
  page: number;
  size: number;
  count: number;
  total?: number | undefined;
  onPage: (page: number) => void;
}) {
  const first = page * size + 1;
  const more = total === undefined ? count === size : first + count - 1 < total;
  if (page === 0 && !more) return null;
  return (
    <nav
      aria-label="Pages"
      className="flex items-center justify-end gap-3 border-t border-line px-3 py-2 text-muted"
    >
      <span className="tabular-nums">
        {count ? `${first.toLocaleString()} to ${(first + count - 1).toLocaleString()}` : "no more"}
        {total !== undefined && ` of ${total.toLocaleString()}`}
      </span>
      <Button
        aria-label="Previous page"
        disabled={page === 0}
        onClick={() => onPage(page - 1)}
        icon={<ChevronLeft className="size-4" />}
      />
      <Button
        aria-label="Next page"
        disabled={!more}
        onClick={() => onPage(page + 1)}
        icon={<ChevronRight className="size-4" />}
      />
    </nav>
  );
}
