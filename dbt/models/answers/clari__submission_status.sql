-- Who has entered a call in the latest week of the current period, and who hasn't since when?
with latest_weeks as (
    select *
    from {{ ref('int_clari__weeks') }}
    where is_latest_week
),

-- The weeks with an entry, whatever they hold.
entries as (
    select
        forecast_id,
        time_period_id,
        time_frame_id,
        owner_id,
        field_id,
        is_updated
    from {{ ref('stg_clari__forecast_entries') }}
    where is_in_latest_export
),

checked as (
    select
        series.forecast_id,
        series.forecast_name,
        series.time_period,
        series.time_period_id,
        series.owner_id,
        series.owner_name,
        series.owner_email,
        series.person_id,
        series.owner_type,
        series.hierarchy_name,
        series.field_id,
        series.field_name,
        latest_weeks.week_number,
        latest_weeks.week_start_date,
        latest_weeks.week_end_date,
        case
            when calls.time_frame_id = latest_weeks.time_frame_id then 'submitted'
            when calls.time_frame_id is not null then 'missing'
            else 'never'
        end as status,
        coalesce(entries.is_updated, false) as is_updated,
        calls.week_number as last_submitted_week_number,
        calls.week_end_date as last_submitted_week_end_date,
        calls.amount as last_call_amount,
        calls.updated_at as last_updated_at,
        series.time_period_start_date
    from {{ ref('int_clari__series') }} as series
    inner join latest_weeks
        on
            series.forecast_id = latest_weeks.forecast_id
            and series.time_period_id = latest_weeks.time_period_id
    left join {{ ref('int_clari__latest_calls') }} as calls
        on
            series.forecast_id = calls.forecast_id
            and series.time_period_id = calls.time_period_id
            and series.owner_id = calls.owner_id
            and series.field_id = calls.field_id
    left join entries
        on
            series.forecast_id = entries.forecast_id
            and series.time_period_id = entries.time_period_id
            and latest_weeks.time_frame_id = entries.time_frame_id
            and series.owner_id = entries.owner_id
            and series.field_id = entries.field_id
    where
        series.is_current_period
        and series.is_current_owner
        and series.is_current_field
        and series.field_type not in ('quota', 'adjustment')
)

select
    forecast_id,
    forecast_name,
    time_period,
    time_period_id,
    owner_id,
    owner_name,
    owner_email,
    person_id,
    owner_type,
    hierarchy_name,
    field_id,
    field_name,
    week_number,
    week_start_date,
    week_end_date,
    status,
    is_updated,
    last_submitted_week_number,
    week_number - last_submitted_week_number as weeks_since_submission,
    case
        when status = 'missing' then cast({{ dbt.dateadd('day', 1, 'last_submitted_week_end_date') }} as date)
        when status = 'never' then time_period_start_date
    end as missing_since_date,
    last_call_amount,
    last_updated_at
from checked
