/** The name and its mark. */
export function Brand() {
  return (
    <span className="flex items-center gap-2 text-base font-semibold">
      <svg viewBox="0 0 32 32" className="size-6" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="#4338ca" />
        <path d="M9 6h4v16h11v4H9z" fill="#fff" />
        <circle cx="21.5" cy="11" r="4" fill="#fbbf24" />
      </svg>
      Lictor
    </span>
  );
}
