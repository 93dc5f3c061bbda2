{{ config(materialized='table') }}

-- The periods of a forecast: quarters, or on a monthly tab the months of each quarter.
with named as (
    {% if not var('clari_parts_from_entries') -%}
    select
        {{ clari.clari_text('forecastId') }} as forecast_id,
        {{ clari.clari_text('timePeriod') }} as time_period,
        {{ clari.clari_text('timePeriodId') }} as time_period_id,
        {{ clari.clari_text('type') }} as time_period_type,
        {{ clari.clari_text('label') }} as time_period_label,
        {{ clari.clari_text('year') }} as fiscal_year,
        {{ clari.clari_date('startDate') }} as time_period_start_date,
        {{ clari.clari_date('endDate') }} as time_period_end_date,
        {{ clari.clari_text('crmId') }} as time_period_crm_id,
        {{ clari.clari_timestamp('exportedAt') }} as exported_at,
        1 as preference
    from {{ source('clari', 'forecast_time_periods') }}

    union all

    {% endif -%}
    select
        forecast_id,
        time_period,
        time_period_id,
        time_period_type,
        time_period_label,
        fiscal_year,
        time_period_start_date,
        time_period_end_date,
        time_period_crm_id,
        exported_at,
        2 as preference
    from {{ ref('base_clari__forecast_entries') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by forecast_id, time_period_id
            order by exported_at desc, preference
        ) as newest,
        -- "Today" is the day of the forecast's newest export, so that an answer depends on the tables alone.
        {{ clari.clari_day('max(exported_at) over (partition by forecast_id)') }} as as_of_date,
        max(time_period) over (partition by forecast_id) as newest_time_period
    from named
),

dated as (
    select
        *,
        as_of_date between time_period_start_date and time_period_end_date as has_today
    from ranked
    where newest = 1
),

judged as (
    select
        *,
        case
            -- Without dates the newest quarter is the current one.
            when time_period_start_date is null then time_period = newest_time_period
            when max(case when has_today then 1 else 0 end) over (partition by forecast_id) = 1 then has_today
            -- West of Greenwich the last day goes on when the next has begun in UTC.
            else cast({{ dbt.dateadd('day', 1, 'time_period_end_date') }} as date) = as_of_date
        end as is_current_period
    from dated
)

select
    forecast_id,
    time_period,
    time_period_id,
    time_period_type,
    time_period_label,
    fiscal_year,
    time_period_start_date,
    time_period_end_date,
    time_period_crm_id,
    as_of_date,
    is_current_period,
    max(case when is_current_period then 1 else 0 end) over (
        partition by forecast_id, time_period
    ) = 1 as is_current_quarter,
    not is_current_period
    and coalesce(time_period_end_date < as_of_date, time_period < newest_time_period) as is_over,
    exported_at
from judged
