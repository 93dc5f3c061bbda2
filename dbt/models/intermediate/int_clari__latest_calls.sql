-- Owner × field × period: the latest week that holds a value, never a sum of weeks.
with ranked as (
    select
        *,
        row_number() over (
            partition by forecast_id, time_period_id, owner_id, field_id
            order by coalesce(week_number, 0) desc, time_frame_id desc
        ) as newest
    from {{ ref('int_clari__entered_calls') }}
)

select
    forecast_id,
    time_period,
    time_period_id,
    time_frame_id,
    week_number,
    week_start_date,
    week_end_date,
    is_latest_week,
    owner_id,
    field_id,
    field_type,
    amount,
    adjustment_amount,
    crm_total,
    crm_closed,
    is_updated,
    updated_by,
    updated_at,
    currency_code,
    exported_at
from ranked
where newest = 1
