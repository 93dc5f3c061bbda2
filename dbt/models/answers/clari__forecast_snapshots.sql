-- What was called on each day? One row per day of an export; append mode keeps them all.
with days as (
    select
        *,
        {{ clari.clari_day('exported_at') }} as snapshot_date,
        case field_type
            when 'quota' then coalesce(quota_amount, forecast_amount)
            when 'adjustment' then coalesce(adjustment_amount, forecast_amount)
            else forecast_amount
        end as amount
    from {{ ref('base_clari__forecast_entries') }}
),

-- Of several exports of one day the last counts, week by week, since the direct call has only the latest one.
exported as (
    select
        *,
        exported_at = max(exported_at) over (
            partition by snapshot_date, forecast_id, time_period, time_frame_id
        ) as is_in_last_export
    from days
),

-- Of its weeks the latest that holds a value.
ranked as (
    select
        *,
        row_number() over (
            partition by snapshot_date, forecast_id, time_period_id, owner_id, field_id
            order by week_start_date desc, time_frame_id desc
        ) as newest
    from exported
    where is_in_last_export and amount is not null
),

followed as (
    select
        *,
        lag(amount) over (
            partition by forecast_id, time_period_id, owner_id, field_id
            order by snapshot_date
        ) as amount_before,
        lag(currency_code) over (
            partition by forecast_id, time_period_id, owner_id, field_id
            order by snapshot_date
        ) as currency_code_before
    from ranked
    where newest = 1
),

-- An amount in another currency can't be compared.
compared as (
    select
        *,
        case when {{ clari.clari_same_currency('currency_code', 'currency_code_before') }} then amount_before end
            as previous_amount
    from followed
)

select
    snapshot_date,
    forecast_id,
    time_period,
    time_period_id,
    owner_id,
    owner_name,
    owner_email,
    coalesce(owner_crm_id, lower(owner_email), owner_id) as person_id,
    {{ clari.clari_owner_type('scope_id') }} as owner_type,
    hierarchy_name,
    field_id,
    field_name,
    coalesce(field_type, 'forecast') as field_type,
    time_frame_id,
    week_start_date,
    amount,
    previous_amount,
    amount - previous_amount as change_amount,
    currency_code,
    exported_at
from compared
