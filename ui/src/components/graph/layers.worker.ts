/** placeInLayers away from the page's thread: one question, one answer. */
import { placeInLayers } from "./layers";
import type { LayersQuestion } from "./types";

self.onmessage = ({ data: { ids, edges, direction } }: MessageEvent<LayersQuestion>) =>
  self.postMessage(placeInLayers(ids, edges, direction));
