// Permits end with their block, where the language has `using`.

import { bulkhead, type Permit } from 'overcurrent';

export async function block(): Promise<void> {
  const slots = bulkhead({ max: 8 });
  using permit = slots.enter();
  await using other = await slots.acquire();
  const both: Permit[] = [permit, other];
  void both;
}
