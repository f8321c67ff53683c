// What several statements say of the tables prize (p) and campaign (c), in SQL: a field that is added is added to all of them.

/** A prize's value as the snapshot has it. */
export const VALUE_JSON = `CASE WHEN p.value_minor IS NULL THEN NULL
  ELSE jsonb_build_object('amountMinor', p.value_minor, 'currency', p.value_currency) END`

/** A prize as the snapshot has it (SnapshotPrize). */
export const PRIZE_JSON = `jsonb_build_object('id', p.id, 'position', p.position, 'name', p.name, 'kind', p.kind, 'imageUrl', p.image_url,
  'probabilityPpb', p.probability_ppb, 'stockTotal', p.stock_total, 'isFallback', p.is_fallback, 'winsPerUser', p.wins_per_user,
  'unlockAfterDraws', p.unlock_after_draws, 'value', ${VALUE_JSON}, 'fallbackOrder', p.fallback_order,
  'isGuarantee', p.is_guarantee, 'winsPerUserDaily', p.wins_per_user_daily, 'winsPerDay', p.wins_per_day,
  'unlockAfterStreakDays', p.unlock_after_streak_days, 'packets', p.packets)`

/** A campaign's budget as the snapshot has it; null without one. */
export const BUDGET_JSON = `CASE WHEN c.budget_currency IS NULL THEN NULL ELSE jsonb_build_object('currency', c.budget_currency,
  'totalMinor', c.budget_total_minor, 'dailyMinor', c.budget_daily_minor) END`
