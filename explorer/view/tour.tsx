import type { JSX } from "preact";
import { TOUR } from "../model/tour.ts";

/** What the tour is given. */
export interface TourProps {
  /** Which step is shown, from 0. */
  readonly step: number;
  /** Goes to a step, or out of the tour. */
  readonly onStep: (step: number | null) => void;
}

/** The page in three steps, each played on the line. */
export function Tour({ step, onStep }: TourProps): JSX.Element {
  const { title, text } = TOUR[step]!;
  const last = step === TOUR.length - 1;
  return (
    <section class="tour" aria-label="Tour">
      <div role="status">
        <h2>
          <small>{step + 1} of {TOUR.length}</small> {title}
        </h2>
        <p>{text}</p>
      </div>
      <div class="controls">
        <button type="button" class="primary" onClick={() => onStep(last ? null : step + 1)}>
          {last ? "Done" : "Next"}
        </button>
        {step > 0 && <button type="button" onClick={() => onStep(step - 1)}>Previous</button>}
        {!last && <button type="button" class="quiet" onClick={() => onStep(null)}>Skip</button>}
      </div>
    </section>
  );
}
