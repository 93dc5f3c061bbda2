-- Everything that can be called: owner × field × period, with their names. A call need not be there.
select
    owners.forecast_id,
    forecasts.forecast_name,
    owners.time_period,
    periods.time_period_id,
    periods.time_period_label,
    periods.time_period_start_date,
    periods.time_period_end_date,
    periods.is_current_period,
    periods.is_current_quarter,
    periods.is_over,
    owners.owner_id,
    owners.owner_name,
    owners.owner_email,
    owners.owner_crm_id,
    owners.person_id,
    owners.owner_type,
    owners.hierarchy_id,
    owners.hierarchy_name,
    owners.is_current_owner,
    fields.field_id,
    fields.field_name,
    coalesce(fields.field_type, 'forecast') as field_type,
    fields.is_in_latest_export as is_current_field
from {{ ref('int_clari__owners') }} as owners
inner join {{ ref('stg_clari__forecast_fields') }} as fields
    on
        owners.forecast_id = fields.forecast_id
        and owners.time_period = fields.time_period
inner join {{ ref('stg_clari__forecast_time_periods') }} as periods
    on
        owners.forecast_id = periods.forecast_id
        and owners.time_period = periods.time_period
left join {{ ref('stg_clari__forecasts') }} as forecasts
    on owners.forecast_id = forecasts.forecast_id
