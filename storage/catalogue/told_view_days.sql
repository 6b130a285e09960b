-- A day of assets as other platforms told it (storage/catalogue/told_totals.py): a row for each platform that counts.
INSERT INTO view_days (
      day, asset_id, partner_id, organization_id, rule_version, retention, views, attendance, viewers, plays,
      starts, refused, played_ms, watched_ms, completion, completed, startups, startup_ms, stalls, stall_ms,
      errors, bitrate_ms, measured_ms, bytes, views_elsewhere, watched_elsewhere_ms
)
SELECT :day, told.asset_id, '@' || told.platform_id, max(told.organization_id), max(told.rule_version),
       array_fill(0, ARRAY[100]), sum(views), sum(attendance), sum(viewers), sum(plays),
       0, '{}', least(sum(played_ms), :most), least(sum(watched_ms), :most), sum(completion) / 1000000::float,
       sum(completed), 0, 0, 0, 0, 0, 0, 0, 0, sum(views), least(sum(watched_ms), :most)
  FROM told_parts AS told JOIN reporting_platforms AS platform ON platform.id = told.platform_id
 WHERE told.day = :day AND platform.counted AND (:every OR told.asset_id = ANY(:chosen))
 GROUP BY told.asset_id, told.platform_id
