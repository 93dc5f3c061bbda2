{{ config(materialized='table') }}

-- The newest row of each entry, its week counted, and whether Clari still has it.
with ranked as (
    select
        *,
        row_number() over (
            partition by forecast_id, time_period_id, time_frame_id, owner_id, field_id
            order by exported_at desc, job_id desc
        ) as newest
    from {{ ref('base_clari__forecast_entries') }}
),

latest as (
    select *
    from ranked
    where newest = 1
)

select
    latest.forecast_id,
    latest.forecast_name,
    latest.time_period,
    latest.time_period_id,
    latest.time_frame_id,
    weeks.week_number,
    latest.week_start_date,
    latest.week_end_date,
    weeks.is_latest_week,
    latest.owner_id,
    latest.field_id,
    latest.field_name,
    latest.field_type,
    latest.forecast_amount,
    latest.quota_amount,
    latest.adjustment_amount,
    latest.crm_total,
    latest.crm_closed,
    latest.is_updated,
    latest.updated_by,
    latest.updated_at,
    latest.adjusted_by,
    latest.adjusted_at,
    latest.currency_code,
    latest.currency_symbol,
    latest.job_id,
    latest.exported_at,
    -- Each week of a quarter has its own newest export: without history, and directly, only the latest week is read.
    latest.exported_at = max(latest.exported_at) over (
        partition by latest.forecast_id, latest.time_period, latest.time_frame_id
    ) as is_in_latest_export,
    latest.exported_at = max(latest.exported_at) over (
        partition by latest.forecast_id, latest.time_period, latest.time_frame_id, latest.owner_id
    ) as is_in_owners_latest_export
from latest
left join {{ ref('stg_clari__forecast_time_frames') }} as weeks
    on
        latest.forecast_id = weeks.forecast_id
        and latest.time_period = weeks.time_period
        and latest.time_frame_id = weeks.time_frame_id
