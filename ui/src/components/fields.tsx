import clsx from "clsx";
import { Search, X } from "lucide-react";
import { Switch as RadixSwitch } from "radix-ui";
import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";

const BOX =
  "w-full rounded-md border border-line bg-panel px-2.5 text-ink placeholder:text-muted disabled:opacity-55 aria-invalid:border-danger";

export function Input({ className, ...rest }: InputHTMLAttributes<HTMLInputElement>) {
  return <input className={clsx(BOX, "h-8", className)} {...rest} />;
}

export function TextArea({ className, ...rest }: TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return <textarea className={clsx(BOX, "min-h-20 py-1.5 font-mono text-xs", className)} {...rest} />;
}

export function Select({ className, children, ...rest }: SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <select className={clsx(BOX, "h-8 pr-6", className)} {...rest}>
      {children}
    </select>
  );
}

/** A label, its field, help and what is wrong with the value; `children` is given the ids that tie them together. */
export function Field({
  label,
  help,
  error,
  children,
}: {
  label: string;
  help?: ReactNode;
  error?: string | undefined;
  children: (ids: { id: string; "aria-describedby"?: string; "aria-invalid"?: boolean }) => ReactNode;
}) {
  const id = useId();
  const described = help || error ? `${id}-help` : undefined;
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {children({
        id,
        ...(described ? { "aria-describedby": described } : {}),
        ...(error ? { "aria-invalid": true } : {}),
      })}
      {described && (
        <p id={described} className={error ? "text-danger" : "text-muted"}>
          {error ?? help}
        </p>
      )}
    </div>
  );
}

export function Switch({
  checked,
  onChange,
  label,
  disabled,
  hideLabel,
}: {
  checked: boolean;
  onChange: (checked: boolean) => void;
  label: string;
  disabled?: boolean;
  hideLabel?: boolean;
}) {
  const id = useId();
  return (
    <span className="inline-flex items-center gap-2">
      <RadixSwitch.Root
        id={id}
        checked={checked}
        onCheckedChange={onChange}
        disabled={disabled ?? false}
        aria-label={label}
        className="relative h-5 w-9 shrink-0 rounded-full border border-line bg-sunken data-[state=checked]:bg-accent disabled:opacity-55"
      >
        <RadixSwitch.Thumb className="block size-4 translate-x-px rounded-full bg-muted transition-transform data-[state=checked]:translate-x-4 data-[state=checked]:bg-accent-ink" />
      </RadixSwitch.Root>
      {!hideLabel && <label htmlFor={id}>{label}</label>}
    </span>
  );
}

/** Text to search by; `onChange` hears it when typing pauses. */
export function SearchField({
  value,
  onChange,
  label,
  delay = 250,
}: {
  value: string;
  onChange: (value: string) => void;
  label: string;
  delay?: number;
}) {
  const [text, setText] = useState(value);
  // What was told last: it may come back as `value` when more has been typed already.
  const told = useRef(value);
  const tell = useRef(onChange);
  tell.current = onChange;
  useEffect(() => {
    if (value === told.current) return;
    told.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    if (text === told.current) return;
    const timer = setTimeout(() => {
      told.current = text;
      tell.current(text);
    }, delay);
    return () => clearTimeout(timer);
  }, [text, delay]);
  return (
    <span className="relative inline-block w-64 max-w-full">
      <Search className="pointer-events-none absolute top-2 left-2 size-4 text-muted" aria-hidden />
      <Input
        type="search"
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder={label}
        aria-label={label}
        className="px-8 [&::-webkit-search-cancel-button]:hidden"
      />
      {text && (
        <button
          type="button"
          className="absolute top-2 right-2"
          aria-label="Clear"
          onClick={() => setText("")}
        >
          <X className="size-4 text-muted" />
        </button>
      )}
    </span>
  );
}
