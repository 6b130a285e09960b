-- A day of organizations, added up from the days of their assets, of what was watched here, or (:told) elsewhere. Viewers
-- are those of all assets, each once; of elsewhere only sums are told.
WITH viewers AS (
  SELECT organization_id, partner_id, count(*) AS exactly FROM (
    SELECT DISTINCT organization_id, partner_id, CASE viewer WHEN '' THEN id ELSE viewer END FROM plays
     WHERE day = :day AND outcome = 'counted' AND NOT :told AND (:every OR organization_id = ANY(:chosen))) AS each
   GROUP BY organization_id, partner_id
), refused AS (
  SELECT organization_id, partner_id, jsonb_object_agg(reason, number) AS refused FROM (
    SELECT organization_id, partner_id, reason.key AS reason, sum(reason.value::bigint)::bigint AS number
      FROM view_days, jsonb_each_text(refused) AS reason
     WHERE day = :day AND starts_with(partner_id, '@') = :told AND (:every OR organization_id = ANY(:chosen))
     GROUP BY 1, 2, 3) AS each
   GROUP BY organization_id, partner_id
)
INSERT INTO organization_view_days (
      day, organization_id, partner_id, rule_version, views, attendance, viewers, plays, starts, refused,
      played_ms, watched_ms, completion, completed, startups, startup_ms, stalls, stall_ms, errors,
      bitrate_ms, measured_ms, bytes, views_elsewhere, watched_elsewhere_ms
)
SELECT :day, organization_id, partner_id, max(rule_version), sum(views), sum(attendance),
       CASE WHEN :told THEN sum(view_days.viewers) ELSE coalesce(max(exactly), 0) END, sum(plays),
       sum(starts), coalesce((array_agg(refused.refused))[1], '{}'), least(sum(played_ms), :most), least(sum(watched_ms), :most),
       sum(round(completion * 1000000)::bigint) / 1000000::float, sum(completed), sum(startups), sum(startup_ms), least(sum(stalls), :most),
       least(sum(stall_ms), :most), least(sum(errors), :most),
       least(sum(bitrate_ms), :most), sum(measured_ms), least(sum(bytes), :most),
       sum(views_elsewhere), least(sum(watched_elsewhere_ms), :most)
  FROM view_days LEFT JOIN viewers USING (organization_id, partner_id)
       LEFT JOIN refused USING (organization_id, partner_id)
 WHERE day = :day AND starts_with(partner_id, '@') = :told AND (:every OR organization_id = ANY(:chosen))
 GROUP BY organization_id, partner_id
