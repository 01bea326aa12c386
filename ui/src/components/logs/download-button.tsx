import { Download, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/button";
import { Menu } from "@/components/menu";
import { tell } from "@/components/toast";
import { collect, type Format, save } from "./download";
import type { Where } from "./query";

const FORMATS: [Format, string][] = [
  ["txt", "Text"],
  ["json", "JSON"],
  ["csv", "CSV"],
];

/** All lines that the filter lets through, as a file; says how far it is, and can be stopped. */
export function DownloadButton({ where, fileName }: { where: Where; fileName: string }) {
  const [count, setCount] = useState<number>();
  const work = useRef<AbortController>(undefined);
  useEffect(() => () => work.current?.abort(), []);
  const start = async (format: Format) => {
    const controller = new AbortController();
    work.current = controller;
    setCount(0);
    try {
      save(await collect(where, format, setCount, controller.signal), `${fileName}.${format}`);
    } catch (error) {
      if (!controller.signal.aborted) tell(error instanceof Error ? error.message : String(error), "error");
    } finally {
      setCount(undefined);
    }
  };
  if (count !== undefined)
    return (
      <Button icon={<X className="size-4" aria-hidden />} onClick={() => work.current?.abort()}>
        Stop after {count.toLocaleString()} lines
      </Button>
    );
  return (
    <Menu
      items={FORMATS.map(([format, label]) => ({
        label: `${label}, all lines`,
        onSelect: () => void start(format),
      }))}
    >
      <Button kind="ghost" icon={<Download className="size-4" />} aria-label="Download" title="Download" />
    </Menu>
  );
}
