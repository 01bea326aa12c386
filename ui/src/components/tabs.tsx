import clsx from "clsx";
import type { ReactNode } from "react";
import { useFilters } from "@/lib/filters";

const DEFAULTS = { tab: "" };

/** Tabs whose choice stands in the address; the content of others is not there, and asks nothing. */
export function Tabs({
  label,
  tabs,
}: {
  label: string;
  tabs: { key: string; title: ReactNode; content: () => ReactNode }[];
}) {
  const [{ tab }, change] = useFilters(DEFAULTS);
  const index = Math.max(
    0,
    tabs.findIndex((one) => one.key === tab),
  );
  const open = tabs[index];
  const step = (by: number) => change({ tab: index + by <= 0 ? "" : (tabs[index + by]?.key ?? tab) });
  return (
    <>
      <div
        role="tablist"
        aria-label={label}
        className="mb-4 flex gap-1 overflow-x-auto border-b border-line"
        onKeyDown={(event) => {
          if (event.key === "ArrowRight") step(1);
          else if (event.key === "ArrowLeft") step(-1);
          else return;
          event.preventDefault();
          const list = event.currentTarget;
          requestAnimationFrame(() => list.querySelector<HTMLElement>('[aria-selected="true"]')?.focus());
        }}
      >
        {tabs.map((one, number) => (
          <button
            key={one.key}
            type="button"
            role="tab"
            id={`tab-${one.key}`}
            aria-selected={number === index}
            aria-controls="tab-content"
            tabIndex={number === index ? 0 : -1}
            onClick={() => change({ tab: number === 0 ? "" : one.key })}
            className={clsx(
              "-mb-px border-b-2 px-3 py-2 font-medium whitespace-nowrap",
              number === index ? "border-accent text-ink" : "border-transparent text-muted hover:text-ink",
            )}
          >
            {one.title}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="tab-content" aria-labelledby={`tab-${open?.key}`}>
        {open?.content()}
      </div>
    </>
  );
}
