import { ExternalLink } from "lucide-react";
import { Json } from "@/components/json";
import { Markdown } from "@/components/markdown";

/** What an artifact holds, by its kind: a text, a link, or data as they are. */
export function ArtifactContent({ kind, data }: { kind: string; data: unknown }) {
  const fields = (data ?? {}) as Record<string, unknown>;
  if ((kind === "markdown" || kind === "md") && typeof fields.markdown === "string")
    return <Markdown text={fields.markdown} />;
  if (kind === "link" && typeof fields.link === "string") return <SafeLink address={fields.link} />;
  return <Json value={data} label="the artifact" />;
}

/** Addresses of the web lead there; others (javascript:, s3:) are shown and lead nowhere. */
function SafeLink({ address }: { address: string }) {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:")
    return <code className="break-all">{address}</code>;
  return (
    <a
      href={url.href}
      target="_blank"
      rel="noopener noreferrer"
      className="inline-flex items-center gap-1 break-all text-accent underline"
    >
      {address}
      <ExternalLink className="size-3.5 shrink-0" aria-hidden />
    </a>
  );
}
