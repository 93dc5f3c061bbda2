{{ config(materialized='table') }}

-- The fields (columns) of a forecast in a quarter, and those that only the entries name.
with named as (
    {% if not var('clari_parts_from_entries') -%}
    select
        {{ clari.clari_text('forecastId') }} as forecast_id,
        {{ clari.clari_text('timePeriod') }} as time_period,
        cast(null as {{ dbt.type_string() }}) as time_frame_id,
        {{ clari.clari_text('fieldId') }} as field_id,
        {{ clari.clari_text('fieldName') }} as field_name,
        {{ clari.clari_text('fieldType') }} as field_type,
        {{ clari.clari_timestamp('exportedAt') }} as exported_at,
        1 as preference
    from {{ source('clari', 'forecast_fields') }}

    union all

    {% endif -%}
    select
        forecast_id,
        time_period,
        time_frame_id,
        field_id,
        field_name,
        field_type,
        exported_at,
        2 as preference
    from {{ ref('base_clari__forecast_entries') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by forecast_id, time_period, field_id
            order by exported_at desc, preference
        ) as newest,
        exported_at = max(exported_at) over (
            partition by forecast_id, time_period, preference, time_frame_id
        ) as is_newest,
        max(case when preference = 1 then exported_at end) over (partition by forecast_id, time_period) as listed_at,
        min(preference) over (partition by forecast_id, time_period, field_id) = 1 as is_listed
    from named
),

-- Which fields are listed is known of the whole quarter, which have an entry week by week.
-- An entry older than the list says nothing about fields that lists have named.
judged as (
    select
        *,
        max(
            case when is_newest and (preference = 1 or not is_listed or exported_at >= listed_at) then 1 else 0 end
        ) over (partition by forecast_id, time_period, field_id) = 1 as is_in_latest_export
    from ranked
)

select
    forecast_id,
    time_period,
    field_id,
    field_name,
    field_type,
    exported_at,
    is_in_latest_export
from judged
where newest = 1
