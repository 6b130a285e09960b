-- A month of assets, added up from their days.
INSERT INTO view_months (
      month, asset_id, organization_id, partner_id, views, attendance, viewers, plays, starts, played_ms, watched_ms,
      completion, completed, startups, startup_ms, stalls, stall_ms, errors, bitrate_ms, measured_ms, bytes,
      views_elsewhere, watched_elsewhere_ms
)
SELECT :month, asset_id, organization_id, CASE GROUPING(partner_id) WHEN 0 THEN partner_id ELSE :every END,
       sum(views), sum(attendance), sum(viewers), sum(plays), sum(starts), least(sum(played_ms), :most), least(sum(watched_ms), :most),
       sum(round(completion * 1000000)::bigint) / 1000000::float, sum(completed), sum(startups), sum(startup_ms),
       least(sum(stalls), :most), least(sum(stall_ms), :most), least(sum(errors), :most), least(sum(bitrate_ms), :most), sum(measured_ms), least(sum(bytes), :most),
       sum(views_elsewhere), least(sum(watched_elsewhere_ms), :most)
  FROM view_days
 WHERE asset_id = ANY(:chosen) AND day >= :month AND day < :following
 GROUP BY GROUPING SETS ((asset_id, organization_id, partner_id), (asset_id, organization_id))
