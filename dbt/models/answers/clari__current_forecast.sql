-- What does everybody call now? The current quarter, each owner's latest call of each field.
select
    series.forecast_id,
    series.forecast_name,
    series.time_period,
    series.time_period_id,
    series.time_period_label,
    series.is_current_period,
    series.owner_id,
    series.owner_name,
    series.owner_email,
    series.owner_crm_id,
    series.person_id,
    series.owner_type,
    series.hierarchy_id,
    series.hierarchy_name,
    series.field_id,
    series.field_name,
    series.field_type,
    calls.week_number,
    calls.week_start_date,
    calls.week_end_date,
    calls.is_latest_week,
    case when series.field_type <> 'adjustment' then calls.amount end as call_amount,
    case when series.field_type = 'adjustment' then calls.amount else calls.adjustment_amount end as adjustment_amount,
    case when series.field_type <> 'adjustment' then calls.amount + coalesce(calls.adjustment_amount, 0) end
        as adjusted_call_amount,
    calls.crm_total,
    targets.closed_amount,
    targets.quota_amount,
    calls.is_updated,
    calls.updated_by,
    calls.updated_at,
    calls.currency_code,
    calls.exported_at
from {{ ref('int_clari__latest_calls') }} as calls
inner join {{ ref('int_clari__series') }} as series
    on
        calls.forecast_id = series.forecast_id
        and calls.time_period_id = series.time_period_id
        and calls.owner_id = series.owner_id
        and calls.field_id = series.field_id
left join {{ ref('int_clari__targets') }} as targets
    on
        calls.forecast_id = targets.forecast_id
        and calls.time_period_id = targets.time_period_id
        and calls.owner_id = targets.owner_id
        and {{ clari.clari_same_currency('calls.currency_code', 'targets.currency_code') }}
where
    series.is_current_quarter
    and series.is_current_owner
    and series.is_current_field
    and series.field_type <> 'quota'
