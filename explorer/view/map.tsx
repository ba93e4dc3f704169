import { showCount } from "@tdx/core";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { type MapPanel, mapPanels, memoryName } from "../model/map_grid.ts";
import { platformOf } from "../model/platforms.ts";
import { automatonOf, type Frame } from "../model/play.ts";
import type { Act, Situation } from "../model/situation.ts";
import { futureOf, isDanger, type MapState, type StateMap, stateMap } from "../model/state_map.ts";

/** Above this many states only the table with the present one is open. */
const MANY_STATES = 400;

/** What the map is given. */
export interface MapProps {
  readonly situation: Situation;
  readonly frame: Frame;
  readonly line: number;
  readonly onGo: (acts: readonly Act[]) => void;
}

/** Every state that the line can reach, the present one marked, and what the host can still reach. */
export function StateMapView({ situation, frame, line, onGo }: MapProps): JSX.Element {
  const { settings, lines, acts, at } = situation;
  const { content } = lines[line]!;
  const { platform, mode, keys, policy } = settings;
  const map = useMemo(
    () => stateMap({ platform, mode, keys, policy }, content),
    [platform, mode, keys, policy, content.key, content.data],
  );
  const panels = useMemo(() => mapPanels(map.states.values()), [map]);
  const present = automatonOf(settings).intern(frame.lines[line]!);
  const before = acts.slice(0, at);
  const future = useMemo(() => futureOf(map, present, before), [map, present, acts, at]);
  const dangers = [...future].filter((id) => isDanger(map, id)).length;
  const here = memoryName(frame.lines[line]!);
  const many = map.states.size > MANY_STATES;
  return (
    <>
      <p>
        {showCount(map.states.size)} states on{" "}
        {platformOf(platform).title}, by what TD, module, host, devices and caches can do to the
        line, faults left out. From here host, devices and caches alone reach{" "}
        <b>{showCount(future.size)}</b>; in <b>{showCount(dangers)}</b>{" "}
        of them a load by the host is a machine check. A dot takes you there by the shortest way.
      </p>
      {!map.states.has(present) && (
        <p class="hint">
          The present state needs a fault or another TD, which the map leaves out: it is not on it.
        </p>
      )}
      <ul class="legend" aria-label="Legend">
        <li>
          <span class="dot present" /> here
        </li>
        <li>
          <span class="dot future" /> within the host's reach from here
        </li>
        <li>
          <span class="dot" /> elsewhere
        </li>
        <li>
          <span class="dot danger" /> a load by the host is a machine check
        </li>
      </ul>
      <div class="map">
        {panels.map((panel) => (
          <details key={panel.memory} open={!many || panel.memory === here}>
            <summary>{panel.memory}</summary>
            <PanelTable panel={panel} map={map} present={present} future={future} onGo={onGo} />
          </details>
        ))}
      </div>
    </>
  );
}

interface PanelTableProps {
  readonly panel: MapPanel;
  readonly map: StateMap;
  readonly present: number;
  readonly future: ReadonlySet<number>;
  readonly onGo: MapProps["onGo"];
}

function PanelTable({ panel, map, present, future, onGo }: PanelTableProps): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={`States: ${panel.memory}`}>
      <table onKeyDown={moveFocus}>
        <thead>
          <tr>
            <th scope="col">
              <small>others ↓ TD's copy →</small>
            </th>
            {panel.columns.map((column) => (
              <th key={column} scope="col">
                <small>{column}</small>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {panel.cells.map((cells, row) => (
            <tr key={panel.rows[row]}>
              <th scope="row">
                <small>{panel.rows[row]}</small>
              </th>
              {cells.map((cell, column) => (
                <td key={panel.columns[column]}>
                  {cell !== undefined && (
                    <Dot
                      cell={cell}
                      where={cell.id === present ? "present" : future.has(cell.id) ? "future" : ""}
                      danger={isDanger(map, cell.id)}
                      name={`TD's copy ${panel.columns[column]}, others ${panel.rows[row]}`}
                      onGo={onGo}
                    />
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface DotProps {
  readonly cell: MapState;
  readonly where: "present" | "future" | "";
  readonly danger: boolean;
  readonly name: string;
  readonly onGo: MapProps["onGo"];
}

function Dot({ cell, where, danger, name, onGo }: DotProps): JSX.Element {
  const words = danger ? `${name}, a load by the host is a machine check` : name;
  return (
    <button
      type="button"
      class={`dot ${where} ${danger ? "danger" : ""}`}
      aria-label={words}
      aria-current={where === "present" ? "true" : undefined}
      title={words}
      onClick={() => onGo(cell.acts)}
    />
  );
}

const ARROWS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };

/** Left and right go from dot to dot, so that Tab is not the only way through. */
function moveFocus(event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void {
  const by = ARROWS[event.key];
  if (by === undefined) return;
  const dots = [...event.currentTarget.querySelectorAll<HTMLElement>("button")];
  const next = dots[dots.indexOf(document.activeElement as HTMLElement) + by];
  if (next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  next.focus();
}
