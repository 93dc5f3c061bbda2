-- The entries that hold a value: the field's own measure as `amount`. What Clari no longer has is left out,
-- except of people who left: theirs is what their own last export had.
with measured as (
    select
        entries.*,
        case entries.field_type
            when 'quota' then coalesce(entries.quota_amount, entries.forecast_amount)
            when 'adjustment' then coalesce(entries.adjustment_amount, entries.forecast_amount)
            else entries.forecast_amount
        end as amount
    from {{ ref('stg_clari__forecast_entries') }} as entries
    inner join {{ ref('stg_clari__forecast_users') }} as owners
        on
            entries.forecast_id = owners.forecast_id
            and entries.time_period = owners.time_period
            and entries.owner_id = owners.owner_id
    where {{ clari.clari_is_known('entries', 'owners') }}
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
from measured
where amount is not null
