{{ config(enabled=var('clari_using_opportunities', false)) }}

-- Clari's view of the opportunities, the newest row of each. Scores and field values stay the JSON they are.
with ranked as (
    select
        {{ clari.clari_text('id') }} as opportunity_id,
        {{ clari.clari_column('crmScore') }} as crm_score,
        {{ clari.clari_column('fields') }} as fields,
        {{ clari.clari_column('fieldValues') }} as field_values,
        row_number() over (
            partition by {{ clari.clari_column('id') }}
            order by {{ clari.clari_column('_airbyte_extracted_at') }} desc
        ) as newest
    from {{ source('clari', 'opportunities') }}
)

select
    opportunity_id,
    crm_score,
    fields,
    field_values
from ranked
where newest = 1
