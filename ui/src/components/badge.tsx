import clsx from "clsx";
import type { ReactNode } from "react";
import { colourOf } from "@/lib/states";

/** A state's dot and name. */
export function StateBadge({ state, className }: { state: string | null | undefined; className?: string }) {
  return (
    <span className={clsx("inline-flex items-center gap-1.5 whitespace-nowrap", className)}>
      <span
        aria-hidden
        className={clsx("size-2.5 shrink-0 rounded-full", state === "Running" && "animate-pulse")}
        style={{ background: colourOf(state) }}
      />
      {state ?? "No state"}
    </span>
  );
}

/** A label, a tag, a kind: small text in a box. */
export function Tag({
  children,
  tone = "plain",
}: {
  children: ReactNode;
  tone?: "plain" | "danger" | "warning" | "accent";
}) {
  const tones = {
    plain: "bg-sunken text-muted",
    danger: "bg-danger-soft text-danger",
    warning: "bg-warning-soft text-warning",
    accent: "bg-accent-soft text-accent",
  };
  return (
    <span
      className={clsx(
        "inline-flex max-w-full items-center rounded px-1.5 py-0.5 text-xs font-medium wrap-anywhere",
        tones[tone],
      )}
    >
      {children}
    </span>
  );
}

export function Labels({ labels }: { labels: unknown }) {
  const all = Array.isArray(labels) ? (labels as string[]) : [];
  if (!all.length) return <span className="text-muted">none</span>;
  return (
    <span className="inline-flex max-w-full flex-wrap gap-1">
      {all.map((label) => (
        <Tag key={label}>{label}</Tag>
      ))}
    </span>
  );
}
