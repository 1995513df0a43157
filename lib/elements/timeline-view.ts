/** What happened, as a list that is read out as it grows, and can be copied. */
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { timeOfDay } from './timeline.js';
import type { Timeline } from './timeline.js';

export interface TimelineUser {
  onCopy(): void;
  onClear(): void;
}

export function timelineView(timeline: Timeline, user: TimelineUser): TemplateResult {
  const { entries } = timeline;
  return html`
    <section class="panel" part="timeline" aria-label="What happened">
      <div class="timeline" role="log" aria-live="polite" aria-label="Log" tabindex="0">
        <ol>
          ${repeat(
            entries,
            ({ id }) => id,
            ({ at, text, tone }) => html`<li data-tone=${tone}><time>${timeOfDay(at)}</time> <span>${text}</span></li>`,
          )}
        </ol>
      </div>
      <div class="choices">
        <button type="button" class="copy" ?disabled=${entries.length === 0} @click=${() => user.onCopy()}>Copy</button>
        <button type="button" class="clear" ?disabled=${entries.length === 0} @click=${() => user.onClear()}>
          Clear
        </button>
      </div>
    </section>
  `;
}
