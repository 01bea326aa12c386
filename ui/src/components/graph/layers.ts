/**
 * Places the nodes of a large graph in layers: quickly rather than finely. elkjs needs 6 to 9 s of CPU for 2,000 nodes
 * whatever it is asked to leave out; this takes some hundredths of a second. Nothing here knows the page: it runs in a worker.
 */
import { type Direction, type GraphEdge, NODE, type Positions } from "./types";

/** Room between neighbours of a layer, and between layers. */
const BESIDE = 18;
const BETWEEN = 70;
/** Forth and back: after these, further ones move next to nothing. */
const SWEEPS = 4;

interface Place {
  id: string;
  layer: number;
  /** Along the layer: the node's beginning. */
  at: number;
  before: Place[];
  after: Place[];
}

/** Where the nodes go. A graph that goes round in a circle is cut somewhere. */
export function placeInLayers(
  ids: readonly string[],
  edges: readonly GraphEdge[],
  direction: Direction,
): Positions {
  const right = direction === "RIGHT";
  const size = (right ? NODE.height : NODE.width) + BESIDE;
  const depth = (right ? NODE.width : NODE.height) + BETWEEN;
  const places = connected(ids, edges);
  const layers = layered(places);
  for (const layer of layers)
    for (const [index, place] of layer.entries()) place.at = (index - layer.length / 2) * size;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const layer of layers) arrange(layer, (place) => place.before, size);
    for (const layer of layers.toReversed()) arrange(layer, (place) => place.after, size);
  }
  for (const layer of layers) arrange(layer, (place) => place.before.concat(place.after), size);
  const least = places.reduce((one, { at }) => Math.min(one, at), 0);
  return new Map(
    places.map(({ id, layer, at }) => [
      id,
      right ? { x: layer * depth, y: at - least } : { x: at - least, y: layer * depth },
    ]),
  );
}

function connected(ids: readonly string[], edges: readonly GraphEdge[]): Place[] {
  const byId = new Map(
    ids.map((id): [string, Place] => [id, { id, layer: 0, at: 0, before: [], after: [] }]),
  );
  for (const edge of edges) {
    const source = byId.get(edge.source);
    const target = byId.get(edge.target);
    if (!source || !target || source === target) continue;
    source.after.push(target);
    target.before.push(source);
  }
  return [...byId.values()];
}

/** Each node one layer after the last of those before it; the first ones (parameters, mostly) just before they are used. */
function layered(places: Place[]): Place[][] {
  const waits = new Map(places.map((place) => [place, place.before.length]));
  const ready = places.filter((place) => !place.before.length);
  const left = new Set(places);
  while (left.size) {
    const place = ready.pop() ?? first(left);
    if (!left.delete(place)) continue;
    for (const next of place.after) {
      const waiting = (waits.get(next) ?? 0) - 1;
      waits.set(next, waiting);
      if (left.has(next)) next.layer = Math.max(next.layer, place.layer + 1);
      if (waiting === 0) ready.push(next);
    }
  }
  for (const place of places)
    if (!place.before.length && place.after.length)
      place.layer = Math.max(
        0,
        place.after.reduce((least, next) => Math.min(least, next.layer), Infinity) - 1,
      );
  const layers: Place[][] = [];
  for (const place of places) {
    while (layers.length <= place.layer) layers.push([]);
    layers[place.layer]?.push(place);
  }
  return layers;
}

function first<T>(set: Set<T>): T {
  for (const one of set) return one;
  throw new Error("the set is empty");
}

/**
 * Moves the nodes of a layer to the middle of their neighbours: in the order of these, and as near to them as the room
 * between two nodes allows (least squares: neighbours that would overlap become a block that is moved as one).
 */
function arrange(layer: Place[], neighbours: (place: Place) => Place[], size: number): void {
  const wanted = new Map(layer.map((place) => [place, middle(neighbours(place)) ?? place.at]));
  layer.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
  const blocks: { sum: number; count: number }[] = [];
  layer.forEach((place, index) => {
    let block = { sum: (wanted.get(place) ?? 0) - index * size, count: 1 };
    for (
      let last = blocks.at(-1);
      last && last.sum / last.count >= block.sum / block.count;
      last = blocks.at(-1)
    ) {
      blocks.pop();
      block = { sum: last.sum + block.sum, count: last.count + block.count };
    }
    blocks.push(block);
  });
  let index = 0;
  for (const { sum, count } of blocks)
    for (let end = index + count; index < end; index++) {
      const place = layer[index];
      if (place) place.at = sum / count + index * size;
    }
}

function middle(places: Place[]): number | undefined {
  return places.length ? places.reduce((sum, { at }) => sum + at, 0) / places.length : undefined;
}
