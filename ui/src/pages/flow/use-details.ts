import { useAsk } from "@/api/live";
import { FlowVersionDocument } from "./flow.gen";

/** What was registered of a version. It does not change, so it is asked once. */
export function useDetails(id: string) {
  const asked = useAsk(FlowVersionDocument, { id });
  return { ...asked, data: asked.data?.flow_by_pk?.id === id ? asked.data.flow_by_pk : undefined };
}
