import { Link } from "@tanstack/react-router";
import { usePolled } from "@/api/polled";
import { Tag } from "@/components/badge";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { RunLink } from "@/components/run-link";
import { Pager } from "@/components/table";
import { taskRunName } from "@/components/task-run-link";
import { RelativeTime } from "@/components/times";
import { useFilters } from "@/lib/filters";
import { ArtifactsDocument } from "./artifacts.gen";
import { ArtifactContent } from "./content";

const DEFAULTS = { artifacts: 0 };
const SIZE = 20;

/** The artifacts of `where`, newest first. */
export function Artifacts({ where, showRun }: { where: Record<string, unknown>; showRun?: boolean }) {
  const [{ artifacts: page }, change] = useFilters(DEFAULTS);
  const { data, error, loading } = usePolled(
    ArtifactsDocument,
    { where, limit: SIZE, offset: Math.max(0, page) * SIZE },
    10,
  );
  const found = data?.task_run_artifact;
  if (loading && !found) return <Skeleton lines={6} />;
  return (
    <div className="flex flex-col gap-4">
      <Failure error={error} />
      {found && !found.length && (
        <Panel>
          <Empty
            title="No artifacts"
            command={
              'from prefect.artifacts import create_markdown_artifact\n\ncreate_markdown_artifact("# All is well")'
            }
          >
            A task makes them while it runs: a text, or a link to what it has made.
          </Empty>
        </Panel>
      )}
      {found?.map((artifact) => (
        <Panel
          key={artifact.id}
          title={
            <span className="inline-flex flex-wrap items-center gap-2">
              <Tag>{artifact.kind}</Tag>
              <Link to={`/task-run/${artifact.task_run.id}` as "/"} className="hover:underline">
                {taskRunName(artifact.task_run)}
              </Link>
              {showRun && artifact.task_run.flow_run && (
                <span className="font-normal">
                  of <RunLink run={artifact.task_run.flow_run} />
                </span>
              )}
            </span>
          }
          actions={
            <span className="text-muted">
              <RelativeTime at={artifact.created} />
            </span>
          }
        >
          <ArtifactContent kind={artifact.kind} data={artifact.data} />
        </Panel>
      ))}
      <Pager
        page={page}
        size={SIZE}
        count={found?.length ?? 0}
        onPage={(next) => change({ artifacts: next })}
      />
    </div>
  );
}
