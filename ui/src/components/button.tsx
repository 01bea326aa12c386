import clsx from "clsx";
import { LoaderCircle } from "lucide-react";
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";

const KINDS = {
  primary: "bg-accent text-accent-ink hover:opacity-90 border-transparent",
  plain: "bg-panel text-ink hover:bg-sunken border-line",
  danger: "bg-panel text-danger hover:bg-danger-soft border-line",
  ghost: "bg-transparent text-muted hover:bg-sunken hover:text-ink border-transparent",
};

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: keyof typeof KINDS;
  busy?: boolean;
  icon?: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ kind = "plain", busy, icon, className, children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      disabled={disabled || busy}
      className={clsx(
        "inline-flex h-8 items-center justify-center gap-1.5 rounded-md border px-2.5 font-medium whitespace-nowrap",
        "disabled:cursor-not-allowed disabled:opacity-55",
        KINDS[kind],
        className,
      )}
      {...rest}
    >
      {busy ? <LoaderCircle className="size-4 animate-spin" aria-hidden /> : icon}
      {children}
    </button>
  );
}
