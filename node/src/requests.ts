/** Whether requests stand apart: at the edge one can neither ring another's timer nor answer for it; each sleeps by itself. */
let stand = false;

/** Says that they do. */
export function apart(): void {
  stand = true;
}

/** Whether they do. */
export function areApart(): boolean {
  return stand;
}
