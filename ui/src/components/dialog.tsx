import clsx from "clsx";
import { X } from "lucide-react";
import { AlertDialog as RadixAlert, Dialog as RadixDialog } from "radix-ui";
import { type ReactNode, useState } from "react";
import { Button } from "./button";

const OVERLAY = "fixed inset-0 z-40 bg-black/45";
const BOX =
  "fixed top-1/2 left-1/2 z-40 flex max-h-[calc(100dvh-2rem)] -translate-x-1/2 -translate-y-1/2 flex-col rounded-xl border border-line bg-raised shadow-2xl";
// Whole names: Tailwind makes only the classes that it reads in the sources.
const WIDTHS = {
  small: "w-[min(28rem,calc(100vw-2rem))]",
  plain: "w-[min(36rem,calc(100vw-2rem))]",
  wide: "w-[min(60rem,calc(100vw-2rem))]",
};

/** A form or a text over the page. */
export function Dialog({
  open,
  onClose,
  title,
  description,
  children,
  wide,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  wide?: boolean;
}) {
  return (
    <RadixDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className={OVERLAY} />
        <RadixDialog.Content
          className={clsx(BOX, wide ? WIDTHS.wide : WIDTHS.plain)}
          {...(description ? {} : { "aria-describedby": undefined })}
        >
          <header className="flex items-center justify-between gap-4 border-b border-line px-5 py-3">
            <RadixDialog.Title className="min-w-0 text-base font-semibold wrap-anywhere">
              {title}
            </RadixDialog.Title>
            <RadixDialog.Close aria-label="Close">
              <X className="size-4 text-muted" />
            </RadixDialog.Close>
          </header>
          <div className="overflow-y-auto p-5">
            {description && (
              <RadixDialog.Description className="mb-4 text-muted">{description}</RadixDialog.Description>
            )}
            {children}
          </div>
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

interface Question {
  question: string;
  detail?: ReactNode;
  confirm: string;
  /** Resolves when it is done. */
  onConfirm: () => Promise<unknown>;
}

/** A button that asks before it does what cannot be taken back. */
export function ConfirmButton({
  children,
  busy,
  icon,
  disabled,
  kind = "danger",
  ...question
}: Question & {
  children: ReactNode;
  busy?: boolean;
  icon?: ReactNode;
  disabled?: boolean;
  kind?: "danger" | "plain" | "ghost";
}) {
  const [open, setOpen] = useState(false);
  return (
    <RadixAlert.Root open={open} onOpenChange={setOpen}>
      <RadixAlert.Trigger asChild>
        <Button kind={kind} busy={busy ?? false} icon={icon} disabled={disabled ?? false}>
          {children}
        </Button>
      </RadixAlert.Trigger>
      <QuestionBox {...question} />
    </RadixAlert.Root>
  );
}

/** The same question where no button of its own leads to it: from a menu. */
export function ConfirmDialog({
  open,
  onClose,
  ...question
}: Question & { open: boolean; onClose: () => void }) {
  return (
    <RadixAlert.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <QuestionBox {...question} />
    </RadixAlert.Root>
  );
}

function QuestionBox({ question, detail, confirm, onConfirm }: Question) {
  return (
    <RadixAlert.Portal>
      <RadixAlert.Overlay className={OVERLAY} />
      <RadixAlert.Content className={clsx(BOX, WIDTHS.small)}>
        <div className="p-5">
          <RadixAlert.Title className="text-base font-semibold wrap-anywhere">{question}</RadixAlert.Title>
          <RadixAlert.Description className="mt-2 text-muted">
            {detail ?? "This cannot be undone."}
          </RadixAlert.Description>
          <div className="mt-5 flex justify-end gap-2">
            <RadixAlert.Cancel asChild>
              <Button>Keep</Button>
            </RadixAlert.Cancel>
            <RadixAlert.Action asChild>
              <Button kind="danger" onClick={() => void onConfirm()}>
                {confirm}
              </Button>
            </RadixAlert.Action>
          </div>
        </div>
      </RadixAlert.Content>
    </RadixAlert.Portal>
  );
}
