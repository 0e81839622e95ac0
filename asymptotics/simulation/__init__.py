"""Monte Carlo written from the model's definition alone."""

from asymptotics.simulation.design.campaign import (
    CampaignStatus,
    campaign_status,
    collect_campaign,
    merge_stores,
    read_store,
    run_campaign,
)
from asymptotics.simulation.design.execution import process_pool
from asymptotics.simulation.design.planning import Campaign, plan_campaign
from asymptotics.simulation.design.simulate import draw_campaign, finish_campaign, simulate
from asymptotics.simulation.estimates.estimate import Estimate
from asymptotics.simulation.estimates.statistic import Statistic
from asymptotics.simulation.store_file import copy_store, side_files

__all__ = [
    "Campaign",
    "CampaignStatus",
    "Estimate",
    "Statistic",
    "campaign_status",
    "collect_campaign",
    "copy_store",
    "draw_campaign",
    "finish_campaign",
    "merge_stores",
    "plan_campaign",
    "process_pool",
    "read_store",
    "run_campaign",
    "side_files",
    "simulate",
]
