import { useState } from "react";
import { act, useAction } from "@/api/act";
import { useTenants } from "@/app/tenant";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Field, Input, TextArea } from "@/components/fields";
import type { Project } from "./page";
import { ChangeProjectDocument, CreateProjectDocument } from "./projects.gen";

/** Makes a project, or names and describes the one that is given. */
export function ProjectForm({
  project,
  onClose,
  onDone,
}: {
  project: Project | undefined;
  onClose: () => void;
  onDone: () => void;
}) {
  const { tenant } = useTenants();
  const [name, setName] = useState(project?.name ?? "");
  const [description, setDescription] = useState(project?.description ?? "");
  const [send, busy] = useAction(
    () =>
      project
        ? act(ChangeProjectDocument, { id: project.id, name: name.trim(), description })
        : act(CreateProjectDocument, { name: name.trim(), description, tenant: tenant?.id ?? null }),
    project ? "The project is changed." : `The project ${name.trim()} is made.`,
  );
  return (
    <Dialog open onClose={onClose} title={project ? `Edit ${project.name}` : "New project"}>
      <form
        className="flex flex-col gap-4"
        onSubmit={async (event) => {
          event.preventDefault();
          if (name.trim() && (await send())) onDone();
        }}
      >
        <Field label="Name">
          {(ids) => (
            <Input {...ids} required value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <Field label="Description">
          {(ids) => (
            <TextArea
              {...ids}
              className="!font-sans !text-sm"
              value={description}
              onChange={(event) => setDescription(event.target.value)}
            />
          )}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={busy} disabled={!name.trim()}>
            {project ? "Save" : "Make it"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
